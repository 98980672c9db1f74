package dev.tweed.agent.trace;

import java.util.EnumMap;
import java.util.Map;

/** Packets of one peer by station; a station that is not in it has seen none. */
record Counts(Map<Station, Long> packets) {

  Counts {
    packets = Map.copyOf(packets);
  }

  static Counts none() {
    return new Counts(Map.of());
  }

  long at(Station station) {
    return packets.getOrDefault(station, 0L);
  }

  boolean any(Station station) {
    return at(station) > 0;
  }

  /** What has come since the other. */
  Counts since(Counts earlier) {
    Map<Station, Long> difference = new EnumMap<>(Station.class);
    packets.forEach((station, count) -> difference.put(station, count - earlier.at(station)));
    return new Counts(difference);
  }
}
