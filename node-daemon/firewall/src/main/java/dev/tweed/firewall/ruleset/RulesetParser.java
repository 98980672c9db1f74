package dev.tweed.firewall.ruleset;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads what {@code nft -j} prints (libnftables-json(5)), one object at a time. Statements it does
 * not know become conditions that may or may not hold, never an error: rules of others are none of
 * our business.
 */
public final class RulesetParser {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<Chain.Key, Optional<Chain.Base>> chains = new LinkedHashMap<>();
  private final Map<Chain.Key, List<Rule>> rules = new LinkedHashMap<>();

  /**
   * Adds the chains and rules of a listing.
   *
   * @throws IOException if it cannot be read, or is no JSON
   */
  public void add(InputStream listing) throws IOException {
    forEachObject(
        listing,
        object -> {
          if (object.has("chain")) {
            chains.put(key(object.path("chain"), "name"), base(object.path("chain")));
          } else if (object.has("rule")) {
            rules
                .computeIfAbsent(key(object.path("rule"), "chain"), k -> new ArrayList<>())
                .addAll(new RuleReader().read(object.path("rule").path("expr")));
          }
        });
  }

  /** What was added. */
  public Ruleset ruleset() {
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

  /**
   * The base chains of a listing, without their rules; all others are passed over.
   *
   * @throws IOException if it cannot be read, or is no JSON
   */
  public static List<Chain> baseChains(InputStream listing) throws IOException {
    List<Chain> bases = new ArrayList<>();
    forEachObject(
        listing,
        object -> {
          Optional<Chain.Base> base = base(object.path("chain"));
          if (base.isPresent()) {
            Chain.Key key = key(object.path("chain"), "name");
            bases.add(new Chain(key.family(), key.table(), key.name(), base, List.of()));
          }
        });
    return bases;
  }

  private static void forEachObject(InputStream listing, Consumer<JsonNode> consumer)
      throws IOException {
    try (JsonParser parser = JSON.createParser(listing)) {
      if (parser.nextToken() != JsonToken.START_OBJECT
          || !"nftables".equals(parser.nextFieldName())
          || parser.nextToken() != JsonToken.START_ARRAY) {
        throw new IOException("nft printed what is no list of its objects");
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        consumer.accept(JSON.readTree(parser));
      }
      // To the end, so that the reader hears of a failure that came late.
      while (parser.nextToken() != null) {}
    } catch (JsonProcessingException e) {
      throw new IOException("nft printed what is no JSON: " + e.getOriginalMessage());
    }
  }

  private static Chain.Key key(JsonNode object, String name) {
    return new Chain.Key(
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
