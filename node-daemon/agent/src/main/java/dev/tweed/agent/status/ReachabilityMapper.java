package dev.tweed.agent.status;

import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** Between what probing found and how it is written in the NodeReport and in status.json. */
final class ReachabilityMapper {
  private ReachabilityMapper() {}

  /** All of it. */
  static NodeReportStatus.Reachability toReport(Reachability seen) {
    return new NodeReportStatus.Reachability(
        camelCase(seen.proof()),
        seen.probed(),
        seen.answered(),
        seen.unreached().stream().map(ReachabilityMapper::toReport).toList());
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

  /** What an earlier process wrote; empty if that cannot be read. */
  static Optional<Reachability> fromReport(NodeReportStatus.Reachability written) {
    try {
      return Optional.of(
          new Reachability(
              constant(Reachability.Proof.class, written.proof()),
              written.probed(),
              written.answered(),
              written.unreached().stream().map(ReachabilityMapper::fromReport).toList()));
    } catch (IllegalArgumentException | NullPointerException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static UnreachedPeer fromReport(NodeReportStatus.UnreachedPeer peer) {
    return new UnreachedPeer(
        peer.node(),
        IpPrefix.parse(peer.block()),
        constant(UnreachedPeer.Cause.class, peer.cause()),
        peer.everAnswered(),
        peer.lives(),
        Instant.parse(peer.since()),
        Optional.ofNullable(peer.offender()).map(IpAddress::parse),
        peer.largest() == null ? OptionalInt.empty() : OptionalInt.of(peer.largest()),
        constant(UnreachedPeer.Where.class, peer.where()));
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
