package dev.tweed.firewall.ruleset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what {@code nft -j list table} prints (libnftables-json(5)). Statements it does not know
 * become conditions that may or may not hold, never an error: rules of others are none of our
 * business.
 */
public final class RulesetParser {

  private static final ObjectMapper JSON = new ObjectMapper();

  private record Key(String family, String table, String name) {}

  private RulesetParser() {}

  /**
   * The chains of one or more listings.
   *
   * @throws IllegalArgumentException if a listing is no JSON
   */
  public static Ruleset parse(List<String> listings) {
    Map<Key, Optional<Chain.Base>> chains = new LinkedHashMap<>();
    Map<Key, List<Rule>> rules = new LinkedHashMap<>();
    for (String listing : listings) {
      for (JsonNode object : read(listing).path("nftables")) {
        if (object.has("chain")) {
          chains.put(key(object.path("chain"), "name"), base(object.path("chain")));
        } else if (object.has("rule")) {
          rules
              .computeIfAbsent(key(object.path("rule"), "chain"), k -> new ArrayList<>())
              .addAll(new RuleReader().read(object.path("rule").path("expr")));
        }
      }
    }
    return new Ruleset(
        chains.entrySet().stream()
            .map(
                chain ->
                    new Chain(
                        chain.getKey().family(),
                        chain.getKey().table(),
                        chain.getKey().name(),
                        chain.getValue(),
                        rules.getOrDefault(chain.getKey(), List.of())))
            .toList());
  }

  private static JsonNode read(String listing) {
    try {
      return JSON.readTree(listing);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("nft printed what is no JSON: " + e.getOriginalMessage());
    }
  }

  private static Key key(JsonNode object, String name) {
    return new Key(
        object.path("family").asText(), object.path("table").asText(), object.path(name).asText());
  }

  private static Optional<Chain.Base> base(JsonNode chain) {
    // Chains of type nat and route never drop; their policies are always accept.
    return chain.path("type").asText().equals("filter")
        ? Optional.of(
            new Chain.Base(
                chain.path("hook").asText(), chain.path("policy").asText().equals("drop")))
        : Optional.empty();
  }
}
