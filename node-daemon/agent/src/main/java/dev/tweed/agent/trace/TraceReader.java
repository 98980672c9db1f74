package dev.tweed.agent.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads what {@code nft -j list table inet tweed-trace} prints (libnftables-json(5)). Pure. */
final class TraceReader {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern COMMENT = Pattern.compile("(\\d{1,3}) ([A-Z_]+)");

  private TraceReader() {}

  /**
   * Counters of a table.
   *
   * @param rules how many counters there are
   * @param peers by number of the peer
   */
  record Reading(int rules, Map<Integer, PacketCounts> peers) {
    Reading {
      peers = Map.copyOf(peers);
    }

    PacketCounts of(int peer) {
      return peers.getOrDefault(peer, PacketCounts.none());
    }
  }

  /**
   * Reads; rules that are not of our making are passed over.
   *
   * @throws IllegalArgumentException if it is no list of nft's objects
   */
  static Reading read(String listing) {
    JsonNode objects;
    try {
      objects = JSON.readTree(listing).path("nftables");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("nft printed what is no JSON: " + e.getOriginalMessage());
    }
    if (!objects.isArray()) {
      throw new IllegalArgumentException("nft printed what is no list of its objects");
    }
    int rules = 0;
    Map<Integer, Map<ObservationPoint, Long>> peers = new HashMap<>();
    for (JsonNode object : objects) {
      JsonNode rule = object.path("rule");
      Matcher comment = COMMENT.matcher(rule.path("comment").asText());
      Optional<ObservationPoint> point =
          comment.matches() ? point(comment.group(2)) : Optional.empty();
      Optional<Long> packets = packets(rule);
      if (point.isPresent() && packets.isPresent()) {
        rules++;
        peers
            .computeIfAbsent(
                Integer.valueOf(comment.group(1)), n -> new EnumMap<>(ObservationPoint.class))
            .merge(point.get(), packets.get(), Long::sum);
      }
    }
    Map<Integer, PacketCounts> counts = new HashMap<>();
    peers.forEach((peer, packets) -> counts.put(peer, new PacketCounts(packets)));
    return new Reading(rules, counts);
  }

  private static Optional<ObservationPoint> point(String name) {
    return Stream.of(ObservationPoint.values())
        .filter(point -> point.name().equals(name))
        .findFirst();
  }

  private static Optional<Long> packets(JsonNode rule) {
    for (JsonNode expression : rule.path("expr")) {
      if (expression.path("counter").has("packets")) {
        return Optional.of(expression.path("counter").path("packets").asLong());
      }
    }
    return Optional.empty();
  }
}
