package dev.tweed.firewall;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One table out of a listing of the whole ruleset, as {@code nft list table} prints it. */
final class TableListing {

  private TableListing() {}

  static String of(String ruleset, String family, String name) {
    try {
      ObjectMapper json = new ObjectMapper();
      ObjectNode listing = json.createObjectNode();
      ArrayNode objects = listing.putArray("nftables");
      for (JsonNode object : json.readTree(ruleset).path("nftables")) {
        JsonNode body = object.elements().next();
        if (body.path("family").asText().equals(family)
            && body.path("table").asText().equals(name)) {
          objects.add(object);
        }
      }
      return json.writeValueAsString(listing);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
