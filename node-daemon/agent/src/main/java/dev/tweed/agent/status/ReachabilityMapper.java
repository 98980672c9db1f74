package dev.tweed.agent.status;

import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.TxChecksum;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Between what probing found and how it is written in the NodeReport and in status.json. */
final class ReachabilityMapper {
  private ReachabilityMapper() {}

  /** What a report shows of it, of all peers. */
  static NodeReportStatus.Reachability toReport(Reachability seen) {
    return new NodeReportStatus.Reachability(
        camelCase(seen.proof()),
        seen.probed(),
        seen.answered(),
        seen.byEcho() == 0 ? null : seen.byEcho(),
        seen.unreached().stream().map(ReachabilityMapper::toReport).toList(),
        seen.txChecksum() == TxChecksum.NOT_MEASURED ? null : camelCase(seen.txChecksum()));
  }

  /** Who has answered, for status.json. */
  static Map<String, String> everAnswered(Reachability seen) {
    Map<String, String> nodes = new LinkedHashMap<>();
    seen.everAnswered().forEach((block, node) -> nodes.put(block.toString(), node));
    return nodes;
  }

  /** Where packets are lost, in words, for status.json. */
  static Map<String, String> lostAt(Reachability seen) {
    Map<String, String> places = new LinkedHashMap<>();
    seen.unreached().stream()
        .filter(peer -> !peer.detail().isEmpty())
        .forEach(peer -> places.put(peer.block().toString(), peer.detail()));
    return places;
  }

  private static NodeReportStatus.UnreachedPeer toReport(UnreachedPeer peer) {
    return new NodeReportStatus.UnreachedPeer(
        peer.node(),
        peer.block().toString(),
        camelCase(peer.cause()),
        camelCase(peer.where()),
        peer.since().toString(),
        peer.everAnswered(),
        peer.lives(),
        peer.offender().map(IpAddress::toString).orElse(null),
        peer.largest().isPresent() ? peer.largest().getAsInt() : null);
  }

  /** What an earlier process wrote into status.json; empty if that cannot be read. */
  static Optional<Reachability> fromReport(
      NodeReportStatus.Reachability written,
      Map<String, String> everAnswered,
      Map<String, String> lostAt) {
    try {
      return Optional.of(
          new Reachability(
              constant(Reachability.Proof.class, written.proof()),
              written.probed(),
              written.answered(),
              written.byEcho() == null ? 0 : written.byEcho(),
              written.unreached().stream()
                  .map(p -> fromReport(p, lostAt.getOrDefault(p.block(), "")))
                  .toList(),
              everAnswered.entrySet().stream()
                  .collect(Collectors.toMap(e -> IpPrefix.parse(e.getKey()), Map.Entry::getValue)),
              written.txChecksum() == null
                  ? TxChecksum.NOT_MEASURED
                  : constant(TxChecksum.class, written.txChecksum())));
    } catch (IllegalArgumentException | NullPointerException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static UnreachedPeer fromReport(NodeReportStatus.UnreachedPeer peer, String detail) {
    return new UnreachedPeer(
        peer.node(),
        IpPrefix.parse(peer.block()),
        constant(UnreachedPeer.Cause.class, peer.cause()),
        peer.everAnswered(),
        peer.lives(),
        Instant.parse(peer.since()),
        Optional.ofNullable(peer.offender()).map(IpAddress::parse),
        peer.largest() == null ? OptionalInt.empty() : OptionalInt.of(peer.largest()),
        constant(UnreachedPeer.Where.class, peer.where()),
        detail);
  }

  /** TOO_SMALL is TooSmall. */
  private static String camelCase(Enum<?> constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String name) {
    return List.of(type.getEnumConstants()).stream()
        .filter(c -> camelCase(c).equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name + " is no " + type.getSimpleName()));
  }
}
