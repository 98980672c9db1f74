package dev.tweed.dataplane;

import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The PodNetwork as the data path sees it.
 *
 * @param name name of the PodNetwork; part of the mark on our devices
 * @param backend how packets travel between nodes
 * @param mtu MTU of pods in bytes; 0 takes the largest the underlay carries
 * @param bridgeName device the pods are attached to, 1..15 bytes
 * @param hairpin whether a pod may reach itself through a Service (set per port by the CNI plugin,
 *     and by us on ports we attach again)
 * @param masquerade source address translation
 * @param podCidrs all pools of the network, canonical; peers outside them are refused
 * @param sysctls more settings to keep, {@code net.*} in dotted or slashed form
 * @param tunnelFiltered whether packets to the tunnel from others than its nodes are dropped
 * @param probes whether other nodes can probe this one, and this one them
 * @param translated which addresses of nodes may be on no link of theirs
 * @param fastPath whether packets between pods may skip connection tracking, which then must not
 *     judge TCP windows
 */
public record NetworkParameters(
    String name,
    Backend backend,
    int mtu,
    String bridgeName,
    boolean hairpin,
    Masquerade masquerade,
    List<IpPrefix> podCidrs,
    Map<String, String> sysctls,
    boolean tunnelFiltered,
    boolean probes,
    TranslatedAddresses translated,
    boolean fastPath) {

  /** Copies the collections; refuses what no kernel would take as a device name. */
  public NetworkParameters {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(backend, "backend");
    Objects.requireNonNull(masquerade, "masquerade");
    Objects.requireNonNull(translated, "translated");
    if (!bridgeName.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,14}")) {
      throw new IllegalArgumentException(
          "bridge.name '" + bridgeName + "' is not a device name: 1..15 of A-Z a-z 0-9 . _ -");
    }
    if (mtu < 0 || mtu > 0xffff) {
      throw new IllegalArgumentException("mtu is 0 (automatic) or up to 65535, not " + mtu);
    }
    podCidrs = List.copyOf(podCidrs);
    sysctls = Map.copyOf(sysctls);
  }

  /** The same where no packet skips connection tracking. */
  public NetworkParameters withoutFastPath() {
    return new NetworkParameters(
        name,
        backend,
        mtu,
        bridgeName,
        hairpin,
        masquerade,
        podCidrs,
        sysctls,
        tunnelFiltered,
        probes,
        translated,
        false);
  }
}
