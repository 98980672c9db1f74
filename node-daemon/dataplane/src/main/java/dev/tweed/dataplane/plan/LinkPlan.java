package dev.tweed.dataplane.plan;

import dev.tweed.netlink.Link;
import dev.tweed.netlink.VxlanInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which devices go, with the reason, and which of those wanted are there and stay, to be changed in
 * place.
 */
final class LinkPlan {

  private final List<StateChange.DeleteLink> deletions = new ArrayList<>();
  private final Set<Integer> deleted = new HashSet<>();
  private final Map<String, Link> survivors = new HashMap<>();

  private LinkPlan() {}

  static LinkPlan of(DesiredState desired, ActualState actual, Marks marks) {
    LinkPlan fates = new LinkPlan();
    for (Link link : actual.links()) {
      if (!marks.owns(link) || desired.retained().contains(link.name())) {
        continue;
      }
      boolean isTunnel = desired.tunnel(link.name()).isPresent();
      boolean isBridge = desired.bridge().filter(b -> b.name().equals(link.name())).isPresent();
      // Of the probe's devices that are wanted, the steps to those decide.
      boolean isProbe = desired.probe().isPresent() && ProbeDevice.isName(link.name());
      if (!isTunnel && !isBridge && !isProbe) {
        fates.delete(link, "no longer wanted");
      }
    }
    for (TunnelDevice tunnel : desired.tunnels()) {
      actual
          .link(tunnel.name())
          .ifPresent(
              link ->
                  incompatibility(tunnel, link)
                      .ifPresentOrElse(why -> fates.delete(link, why), () -> fates.keep(link)));
    }
    desired.bridge().flatMap(bridge -> actual.link(bridge.name())).ifPresent(fates::keep);
    return fates;
  }

  /** The steps that remove those that go. */
  List<StateChange.DeleteLink> deletions() {
    return deletions;
  }

  /** Whether the device of this index goes, and what hangs on it with it. */
  boolean goes(int index) {
    return deleted.contains(index);
  }

  /** The device of a tunnel or bridge that is wanted, if it is there and stays. */
  Optional<Link> survivor(String name) {
    return Optional.ofNullable(survivors.get(name));
  }

  private void delete(Link link, String why) {
    deleted.add(link.index());
    boolean isPeerOfDeleted =
        link.kind().equals(Optional.of("veth")) && deleted.contains(link.lowerIndex());
    if (!isPeerOfDeleted) { // with which it goes
      deletions.add(new StateChange.DeleteLink(link.index(), link.name(), why));
    }
  }

  private void keep(Link link) {
    survivors.put(link.name(), link);
  }

  /** What of a VXLAN device differs that cannot be changed while it exists, in words. */
  private static Optional<String> incompatibility(TunnelDevice wanted, Link link) {
    Optional<VxlanInfo> vxlan = link.vxlan();
    if (vxlan.isEmpty()) {
      return Optional.of("it is no VXLAN device but " + link.kind().orElse("a plain one"));
    }
    VxlanInfo info = vxlan.get();
    if (info.vni() != wanted.vni()) {
      return differs("VNI", info.vni(), wanted.vni());
    }
    if (info.port() != wanted.port()) {
      return differs("port", info.port(), wanted.port());
    }
    if (!info.local().equals(Optional.of(wanted.local()))) {
      return differs(
          "local address", info.local().map(Object::toString).orElse("none"), wanted.local());
    }
    if (info.lowerIndex() != wanted.lowerIndex()) {
      return differs("underlay device index", info.lowerIndex(), wanted.lowerIndex());
    }
    if (info.remote().isPresent()) {
      return Optional.of("it floods to " + info.remote().get());
    }
    if (info.learning()) {
      return Optional.of("it learns peers from packets");
    }
    if (info.external() || info.proxy() || info.l2miss() || info.l3miss() || info.gbp()) {
      return Optional.of("it has an option (external, proxy, l2miss, l3miss or gbp) we do not use");
    }
    return Optional.empty();
  }

  private static Optional<String> differs(String field, Object is, Object wanted) {
    return Optional.of(field + " is " + is + ", wanted is " + wanted);
  }
}
