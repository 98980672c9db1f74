package dev.tweed.firewall;

import dev.tweed.firewall.FirewallAdvicePlanner.Traffic;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.ip.AddressFamily;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Commands that open the way through a chain that drops. They are for the firewall the chain
 * belongs to: an accept in another table opens nothing.
 */
record AdviceRenderer(
    HostFirewall firewall, Chain chain, AddressFamily family, NetworkNeeds needs) {

  /** These firewalls are loaded from a file, or by a program, we do not know. */
  private static final String NOT_KEPT =
      "; the commands last until the rules are loaded again, so put them where those come from";

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");

  /** Who has made the chain. */
  Manager manager() {
    return firewall.managerOf(chain);
  }

  private boolean isPanic() {
    return manager() == Manager.FIREWALLD && firewall.isPanicking();
  }

  /** The firewall, as a person knows it. */
  String who() {
    return switch (manager()) {
      case UFW -> "ufw";
      case FIREWALLD -> isPanic() ? "panic mode of firewalld" : "firewalld";
      case IPTABLES -> "chain %s of iptables".formatted(chain.name());
      case NFTABLES, NONE, UNKNOWN ->
          "chain %s of table %s %s"
              .formatted(name(chain.name()), chain.family(), name(chain.table()));
    };
  }

  /** What else a person should know about the commands; a clause, or empty. */
  String note() {
    return manager() == Manager.UFW || manager() == Manager.FIREWALLD ? "" : NOT_KEPT;
  }

  /** What to type to let packets of that direction through. */
  List<String> commands(Traffic direction) {
    boolean in = direction == Traffic.TUNNEL_IN;
    boolean tunnel = in || direction == Traffic.TUNNEL_OUT;
    Object port = needs.tunnel().map(NetworkNeeds.Tunnel::port).orElse(0);
    return switch (manager()) {
      case UFW ->
          firewall.isShut(chain)
              ? List.of("sed -i 's/^IPV6=.*/IPV6=yes/' /etc/default/ufw", "ufw reload")
              : List.of(
                  tunnel
                      ? "ufw allow %s%s/udp".formatted(in ? "" : "out ", port)
                      : "ufw route allow " + inOut(direction, "in on %s", "out on %s"));
      case FIREWALLD ->
          isPanic() ? List.of("firewall-cmd --panic-off") : firewalld(direction, port);
      case IPTABLES ->
          List.of(
              "%s -I %s -j ACCEPT"
                  .formatted(
                      family == AddressFamily.IPV4 ? "iptables" : "ip6tables",
                      tunnel
                          ? "%s -p udp --dport %s".formatted(in ? "INPUT" : "OUTPUT", port)
                          // Where Docker leaves room for the administrator's rules.
                          : (firewall.rules().hasChain("DOCKER-USER") ? "DOCKER-USER " : "FORWARD ")
                              + inOut(direction, "-i %s", "-o %s")));
      case NFTABLES, NONE, UNKNOWN ->
          List.of(
              "nft insert rule %s %s %s %s accept"
                  .formatted(
                      chain.family(),
                      name(chain.table()),
                      name(chain.name()),
                      tunnel ? "udp dport " + port : inOut(direction, "iifname %s", "oifname %s")));
    };
  }

  /** Each twice, at once and for good, because a reload would interrupt what is running. */
  private List<String> firewalld(Traffic direction, Object port) {
    Stream<String> options =
        switch (direction) {
          case TUNNEL_IN -> Stream.of("--add-port=%s/udp".formatted(port));
          case TUNNEL_OUT ->
              Stream.of(
                  "--direct --add-rule ipv4 filter OUTPUT 0 -p udp --dport %s -j ACCEPT"
                      .formatted(port));
          default -> needs.podCidrs().stream().map(cidr -> "--zone=trusted --add-source=" + cidr);
        };
    return options
        .flatMap(
            option -> Stream.of("firewall-cmd " + option, "firewall-cmd --permanent " + option))
        .toList();
  }

  /** Device in and device out; empty where any will do. */
  private String inOut(Traffic direction, String in, String out) {
    if (direction != Traffic.FROM_NODES) {
      return in.formatted(needs.bridge()); // one rule for all that leaves the pods
    }
    Optional<String> device =
        needs.tunnel().map(NetworkNeeds.Tunnel::device).or(needs::underlayDevice);
    return device.map(name -> in.formatted(name) + " ").orElse("") + out.formatted(needs.bridge());
  }

  /** Names come from the kernel and end in a shell. */
  private static String name(String name) {
    return PLAIN.matcher(name).matches() ? name : "NAME";
  }
}
