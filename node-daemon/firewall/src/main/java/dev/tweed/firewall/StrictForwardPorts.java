package dev.tweed.firewall;

import java.util.List;
import java.util.Optional;

/**
 * firewalld's setting StrictForwardPorts (2.3 and newer): packets whose destination was translated
 * by anybody but firewalld are refused ahead of all zones and policies. Those are what kube-proxy
 * and the plugin for hostPorts translate, and no rule of ours is asked about them. Pure.
 */
public final class StrictForwardPorts {

  /** What firewalld makes for it, by nftables or iptables, and without it never. */
  private static final List<String> CHAINS = List.of("filter_FORWARD_dnat", "FORWARD_dnat");

  private StrictForwardPorts() {}

  /** What it blocks, where it is set. */
  public static Optional<FirewallBlockage> evaluate(HostFirewall firewall) {
    return CHAINS.stream().anyMatch(firewall.rules()::hasChain)
        ? Optional.of(
            new FirewallBlockage(
                true,
                HostFirewall.Manager.FIREWALLD,
                "firewalld (StrictForwardPorts=yes) drops packets from and to pods for Services,"
                    + " NodePorts and hostPorts, whatever its zones and policies say",
                List.of(
                    "sed -i 's/^StrictForwardPorts=.*/StrictForwardPorts=no/'"
                        + " /etc/firewalld/firewalld.conf",
                    "firewall-cmd --reload")))
        : Optional.empty();
  }
}
