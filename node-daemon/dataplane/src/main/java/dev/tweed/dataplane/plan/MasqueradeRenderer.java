package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Masquerade;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Source address translation as nftables rules, rendered from typed values only.
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
 * <p>There is no forward chain: an accept is final only within its own base chain, so it cannot
 * open what another table drops.
 */
public final class MasqueradeRenderer {

  private static final IpPrefix MULTICAST_4 = IpPrefix.parse("224.0.0.0/4");
  private static final IpPrefix MULTICAST_6 = IpPrefix.parse("ff00::/8");

  /**
   * Renders the table.
   *
   * @param masquerade what is asked for; must be enabled
   * @param podCidrs all pools of the network
   * @param tunnels names of the tunnel devices
   */
  public Ruleset render(Masquerade masquerade, List<IpPrefix> podCidrs, List<String> tunnels) {
    List<String> rules = new ArrayList<>();
    rules.add("meta mark & 0x4000 == 0x4000 return comment \"kube-proxy translates it\"");
    for (AddressFamily family : AddressFamily.values()) {
      List<IpPrefix> pods = covering(podCidrs, family);
      if (!pods.isEmpty()) {
        rules.addAll(rules(family, pods, masquerade, tunnels));
      }
    }
    String body = rules.stream().map(rule -> "\t\t" + rule + "\n").collect(Collectors.joining());
    String seal = "tweed " + digest(body);
    String text =
        "add table "
            + Ruleset.TABLE
            + "\ndelete table "
            + Ruleset.TABLE
            + "\ntable "
            + Ruleset.TABLE
            + " {\n\tcomment \"made by tweed, replaced as a whole\"\n"
            + "\tchain postrouting {\n"
            + "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
            + body
            + "\t\treturn comment \""
            + seal
            + "\"\n\t}\n}\n";
    int chains = 1;
    return new Ruleset(text, seal, chains + rules.size() + 1);
  }

  private static List<String> rules(
      AddressFamily family, List<IpPrefix> pods, Masquerade masquerade, List<String> tunnels) {
    String ip = family == AddressFamily.IPV4 ? "ip" : "ip6";
    List<IpPrefix> except = new ArrayList<>(masquerade.except());
    except.add(family == AddressFamily.IPV4 ? MULTICAST_4 : MULTICAST_6);
    String action = masquerade.fullyRandom() ? "masquerade fully-random" : "masquerade";
    String network = set(pods);
    List<String> rules = new ArrayList<>();
    rules.add(
        ip
            + " saddr "
            + network
            + " "
            + ip
            + " daddr "
            + network
            + " return comment \"pod to pod\"");
    rules.add(
        ip
            + " saddr "
            + network
            + " "
            + ip
            + " daddr "
            + set(covering(except, family))
            + " return comment \"sees the pod's own address\"");
    rules.add(ip + " saddr " + network + " " + action + " comment \"pod to outside\"");
    if (!tunnels.isEmpty()) {
      String devices =
          tunnels.stream()
              .sorted()
              .map(name -> "\"" + name + "\"")
              .collect(Collectors.joining(", "));
      rules.add(
          "oifname { "
              + devices
              + " } "
              + ip
              + " daddr "
              + network
              + " "
              + action
              + " comment \"outside to remote pod\"");
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

  private static String digest(String body) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
