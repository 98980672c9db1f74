package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Our table of nftables, rendered from typed values only: source address translation, and the
 * answer to probes.
 *
 * <p>Packets between pods keep their addresses, and so do packets from outside to pods of this
 * node, which has the way back. Pods' packets to the outside get the node's address. What enters a
 * tunnel with a source outside the pod network (a Service whose proxy does not translate, a program
 * bound to the node's address) gets the tunnel's, or the reply would take another way than the
 * request.
 *
 * <p>The mark 0x4000, tested under its mask because others use other bits, is kube-proxy's request
 * to translate, which it does itself.
 *
 * <p>A probe asks whether packets reach the bridge's ports. What the host's firewall does with
 * packets for the host, or a program that listens on the port, says nothing of that, so it is
 * answered ahead of them, as an unused port is.
 *
 * <p>There is no forward chain: an accept is final only within its own base chain, so it cannot
 * open what another table drops.
 */
public final class RulesetRenderer {

  /** Who listens on the port of probes must not be taken for a pod that is out of reach. */
  private static final Rule ANSWER =
      new Rule(
          "iifname \"" + ProbeDevice.NAME + "\" udp dport " + ProbeAddress.PORT + " reject",
          "answers probes, before the host's firewall and whoever listens");

  private static final IpPrefix MULTICAST_4 = IpPrefix.parse("224.0.0.0/4");
  private static final IpPrefix MULTICAST_6 = IpPrefix.parse("ff00::/8");

  private record Rule(String text, String comment) {
    private String line() {
      return "\t\t" + text + " comment \"" + comment + "\"\n";
    }
  }

  private record Chain(String name, String hook, List<Rule> rules) {
    private String text() {
      return "\tchain %s {\n\t\t%s\n%s\t}\n"
          .formatted(name, hook, rules.stream().map(Rule::line).collect(Collectors.joining()));
    }
  }

  /**
   * Renders the table.
   *
   * @param masquerade what is asked for; must be enabled
   * @param podCidrs all pools of the network
   * @param tunnels names of the tunnel devices
   * @param asked addresses of this host that are probed for want of one behind the bridge
   */
  public Ruleset render(
      Masquerade masquerade, List<IpPrefix> podCidrs, List<String> tunnels, List<IpAddress> asked) {
    List<Rule> rules = new ArrayList<>();
    rules.add(new Rule("meta mark & 0x4000 == 0x4000 return", "kube-proxy translates it"));
    for (AddressFamily family : AddressFamily.values()) {
      List<IpPrefix> pods = covering(podCidrs, family);
      if (!pods.isEmpty()) {
        rules.addAll(rules(family, pods, masquerade, tunnels));
      }
    }
    Chain answers = answers(asked, podCidrs);
    rules.add(new Rule("return", "tweed " + digest(answers, rules)));
    List<Chain> chains =
        List.of(
            answers,
            new Chain(
                "postrouting", "type nat hook postrouting priority srcnat; policy accept;", rules));
    String text =
        """
        add table inet tweed
        delete table inet tweed
        table inet tweed {
        	comment "made by tweed, replaced as a whole"
        """
            + chains.stream().map(Chain::text).collect(Collectors.joining())
            + "}\n";
    return new Ruleset(
        text,
        chains.stream()
            .flatMap(
                chain -> Stream.concat(Stream.of(""), chain.rules().stream().map(Rule::comment)))
            .toList());
  }

  private static Chain answers(List<IpAddress> asked, List<IpPrefix> podCidrs) {
    List<Rule> rules = new ArrayList<>(List.of(ANSWER));
    for (AddressFamily family : AddressFamily.values()) {
      List<IpPrefix> own =
          asked.stream().filter(a -> a.family() == family).map(IpPrefix::host).toList();
      List<IpPrefix> network = covering(podCidrs, family);
      if (!own.isEmpty() && !network.isEmpty()) {
        String ip = family == AddressFamily.IPV4 ? "ip" : "ip6";
        rules.add(
            new Rule(
                "%s saddr %s %s daddr %s udp dport %d reject"
                    .formatted(ip, set(network), ip, set(own), ProbeAddress.PORT),
                ip + " answers probes of a block that has no address for them"));
      }
    }
    return new Chain("probe", "type filter hook input priority -10; policy accept;", rules);
  }

  private static List<Rule> rules(
      AddressFamily family, List<IpPrefix> pods, Masquerade masquerade, List<String> tunnels) {
    String ip = family == AddressFamily.IPV4 ? "ip" : "ip6";
    List<IpPrefix> except = new ArrayList<>(masquerade.except());
    except.add(family == AddressFamily.IPV4 ? MULTICAST_4 : MULTICAST_6);
    String action = masquerade.fullyRandom() ? "masquerade fully-random" : "masquerade";
    String network = set(pods);
    String fromPods = ip + " saddr " + network + " ";
    List<Rule> rules = new ArrayList<>();
    rules.add(new Rule(fromPods + ip + " daddr " + network + " return", ip + " pod to pod"));
    rules.add(
        new Rule(
            fromPods + ip + " daddr " + set(covering(except, family)) + " return",
            ip + " sees the pod's own address"));
    rules.add(new Rule(fromPods + action, ip + " pod to outside"));
    if (!tunnels.isEmpty()) {
      String devices =
          tunnels.stream()
              .sorted()
              .map(name -> "\"" + name + "\"")
              .collect(Collectors.joining(", ", "{ ", " }"));
      rules.add(
          new Rule(
              "oifname " + devices + " " + ip + " daddr " + network + " " + action,
              ip + " outside to remote pod"));
    }
    return rules;
  }

  /** The fewest of the prefixes that hold all of them: nft refuses overlapping elements. */
  static List<IpPrefix> covering(List<IpPrefix> prefixes, AddressFamily family) {
    List<IpPrefix> kept = new ArrayList<>();
    prefixes.stream()
        .filter(prefix -> prefix.family() == family)
        .map(IpPrefix::network)
        .sorted()
        .forEach(
            prefix -> {
              // Sorted by address, then length: whatever holds this one comes before it.
              if (kept.isEmpty() || !kept.getLast().contains(prefix)) {
                kept.add(prefix);
              }
            });
    return List.copyOf(kept);
  }

  private static String set(List<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).collect(Collectors.joining(", ", "{ ", " }"));
  }

  private static String digest(Chain answers, List<Rule> rules) {
    String body = answers.text() + rules.stream().map(Rule::line).collect(Collectors.joining());
    return Sha256.hex(body, 16);
  }
}
