package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * From the spec of a PodNetwork to typed parameters. The CRD's schema has refused most bad values;
 * this is the second lock, for objects stored before a rule existed. Pure.
 */
public final class NetworkParser {

  /** At most IFNAMSIZ - 1 bytes, nothing iproute2 or nft would read as something else. */
  private static final Pattern DEVICE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,14}");

  private static final int MTU_MIN = 576;
  private static final int MTU_MAX = 65_535;
  private static final int VNI_MAX = (1 << 24) - 1;
  private static final int PORT_MAX = 65_535;

  /** Parameters, or what stops them. */
  public sealed interface Result {
    /** Usable, with remarks about parts that were left out. */
    record Good(NetworkParameters parameters, List<NodeFinding> notes) implements Result {}

    /** A field the network cannot do without is wrong. */
    record Bad(NodeFinding why) implements Result {}
  }

  private NetworkParser() {}

  public static Result parse(NetworkRecord network) {
    PodNetworkSpec spec = network.spec();
    String object = "PodNetwork/" + network.name();
    List<IpPrefix> pools = new ArrayList<>();
    for (PodNetworkSpec.Pool pool : spec.pools()) {
      String cidr = pool.cidr() == null ? "" : pool.cidr();
      var prefix = IpPrefix.tryParse(cidr).filter(IpPrefix::isCanonical);
      if (prefix.isEmpty()) {
        return bad(object, "spec.pools[].cidr", cidr, "is not a network like 10.244.0.0/16");
      }
      pools.add(prefix.get());
    }
    int mtu = spec.mtu() == null ? 0 : spec.mtu(); // of a CRD before it was optional: 0
    if (mtu != 0 && (mtu < MTU_MIN || mtu > MTU_MAX)) {
      return bad(object, "spec.mtu", mtu, "is not " + MTU_MIN + ".." + MTU_MAX);
    }
    if (!DEVICE_NAME.matcher(spec.bridge().name()).matches()) {
      return bad(object, "spec.bridge.name", spec.bridge().name(), "is not a device name");
    }
    PodNetworkSpec.Vxlan vxlan = spec.backend().tunnel();
    if (vxlan.vni() < 1 || vxlan.vni() > VNI_MAX) {
      return bad(object, "spec.backend.vxlan.vni", vxlan.vni(), "is not 1.." + VNI_MAX);
    }
    if (vxlan.port() < 1 || vxlan.port() > PORT_MAX) {
      return bad(object, "spec.backend.vxlan.port", vxlan.port(), "is not 1.." + PORT_MAX);
    }
    Backend backend =
        switch (spec.backend().type()) {
          case VXLAN -> new Backend.Vxlan(vxlan.vni(), vxlan.port(), vxlan.directRouting());
          case HostGateway -> new Backend.HostGateway();
        };
    List<NodeFinding> notes = new ArrayList<>();
    List<IpPrefix> except = new ArrayList<>();
    for (String cidr : spec.masquerade().exceptCIDRs()) {
      IpPrefix.tryParse(cidr)
          .map(IpPrefix::network)
          .ifPresentOrElse(
              except::add,
              () ->
                  notes.add(
                      finding(
                          AgentReason.IgnoredField,
                          object,
                          "spec.masquerade.exceptCIDRs",
                          cidr,
                          "is left out: no prefix")));
    }
    return new Result.Good(
        new NetworkParameters(
            network.name(),
            backend,
            mtu,
            spec.bridge().name(),
            spec.bridge().hairpin(),
            new Masquerade(
                spec.masquerade().enabled(), List.copyOf(except), spec.masquerade().fullyRandom()),
            List.copyOf(pools),
            spec.sysctls(),
            spec.hostFirewall() == PodNetworkSpec.HostFirewall.Auto,
            spec.probes() == PodNetworkSpec.Probes.Enabled,
            new TranslatedAddresses(
                spec.nodeAddress().cidrs().stream()
                    .flatMap(cidr -> IpPrefix.tryParseNetwork(cidr).stream())
                    .toList(),
                spec.nodeAddress().interfaces()),
            spec.fastPath() == PodNetworkSpec.FastPath.Auto),
        notes);
  }

  private static Result bad(String object, String field, Object value, String wrong) {
    return new Result.Bad(finding(AgentReason.InvalidPodNetwork, object, field, value, wrong));
  }

  private static NodeFinding finding(
      AgentReason reason, String object, String field, Object value, String wrong) {
    return NodeFinding.of(
        reason,
        object,
        field + " " + SanitizedText.of(String.valueOf(value)) + " " + wrong,
        "correct " + field + ": 'kubectl edit " + object.toLowerCase(Locale.ROOT) + "'");
  }
}
