package dev.tweed.agent.trace;

import java.util.EnumMap;
import java.util.Map;

/** Packets of one peer by observation point; one that is not in it has seen none. */
record PacketCounts(Map<ObservationPoint, Long> packets) {

  PacketCounts {
    packets = Map.copyOf(packets);
  }

  static PacketCounts none() {
    return new PacketCounts(Map.of());
  }

  long at(ObservationPoint point) {
    return packets.getOrDefault(point, 0L);
  }

  boolean any(ObservationPoint point) {
    return at(point) > 0;
  }

  /** What has come since the other. */
  PacketCounts since(PacketCounts earlier) {
    Map<ObservationPoint, Long> difference = new EnumMap<>(ObservationPoint.class);
    packets.forEach((point, count) -> difference.put(point, count - earlier.at(point)));
    return new PacketCounts(difference);
  }
}
