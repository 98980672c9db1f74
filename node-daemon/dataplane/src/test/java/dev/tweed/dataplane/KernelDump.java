package dev.tweed.dataplane;

import dev.tweed.netlink.testing.Netns;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a network namespace holds, line by line, told apart by our marks. Left out is what runs or
 * follows from the time at which a device got its carrier.
 *
 * @param ours what carries a mark of ours, or hangs on a device that does, and sysctls of the node;
 *     without indexes and handles
 * @param others everything else
 */
record KernelDump(Set<String> ours, Set<String> others) {

  private static final String SCRIPT =
      """
      printf '%s\\n' 'link show' 'addr show' 'neigh show nud permanent' 'route show table all' \
        'rule show' 'nexthop show' | ip -d -o -batch -
      ip -6 -d -o rule show | sed 's/^/-6 rule /'
      bridge fdb show
      cd /proc/sys/net
      grep -s . ipv4/ip_forward ipv6/conf/all/forwarding bridge/bridge-nf-call-ip*tables \
        core/somaxconn ipv4/conf/*/forwarding ipv4/conf/*/rp_filter ipv4/conf/*/accept_redirects \
        ipv6/conf/*/forwarding ipv6/conf/*/accept_ra ipv6/conf/*/accept_redirects \
        ipv6/conf/*/disable_ipv6 | sed 's/^/sysctl /'
      nft list ruleset
      """;

  private static final Pattern LINK = Pattern.compile("^\\d+: (?<name>[^:@ ]+)(@\\S+)?: <.*");
  private static final Pattern ADDRESS = Pattern.compile("^\\d+: (?<name>\\S+) +inet6? .*");
  private static final Pattern DEVICE = Pattern.compile(".* dev (?<name>\\S+).*");
  private static final Pattern SYSCTL = Pattern.compile("^sysctl ipv[46]/conf/(?<name>[^/]+)/.*");
  private static final Pattern TABLE = Pattern.compile("^table (?<name>\\S+ \\S+) \\{.*");

  private static final Set<String> OWN_TABLES = Set.of("inet tweed", "inet tweed-tunnel");

  private static final Set<String> NODES_OWN = Set.of("all", "default", "lo", "eth0");

  /** Made by the kernel, in its own time, from MAC addresses, carriers and what a bridge learns. */
  private static final Pattern KERNELS_OWN =
      Pattern.compile(
          "^(unicast|local|multicast) (fe80|ff00)::.*proto kernel.*|^anycast .*|.* inet6 fe80:.*"
              + "|^(33:33|01:00:5e):.*|^\\S+ dev \\S+ (vlan \\d+ )?master \\S+.*");

  static KernelDump of(Netns netns) {
    return parse(netns.sh(SCRIPT));
  }

  private static KernelDump parse(String text) {
    List<String> lines = text.lines().map(String::stripTrailing).toList();
    Set<String> marked = new HashSet<>();
    for (String line : lines) {
      Matcher link = LINK.matcher(line);
      if (link.matches() && line.contains("alias tweed:")) {
        marked.add(link.group("name"));
      }
    }
    Set<String> ours = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    String table = "";
    for (String line : lines) {
      Matcher opening = TABLE.matcher(line);
      if (opening.matches()) {
        table = opening.group("name");
      }
      if (!table.isEmpty()) {
        (OWN_TABLES.contains(table) ? ours : others).add("nft " + table + " " + line.strip());
        if (line.equals("}")) {
          table = "";
        }
        continue;
      }
      if (KERNELS_OWN.matcher(line).matches()) {
        continue;
      }
      Matcher sysctl = SYSCTL.matcher(line);
      if (sysctl.matches()
          && !NODES_OWN.contains(sysctl.group("name"))
          && !marked.contains(sysctl.group("name"))) {
        continue;
      }
      String steady = steady(line);
      if (isOurs(line, marked)) {
        ours.add(
            steady
                .replaceFirst("^\\d+: ", "")
                // Devices that were taken over have not that of our own making.
                .replaceFirst(" group \\S+", "")
                .replaceAll("\\bnhid \\d+ ?", "")
                // Which ids they get depends on those that were taken before.
                .replaceFirst("^(nh_info )?id \\d+ ", "nexthop "));
      } else {
        others.add(steady);
      }
    }
    return new KernelDump(ours, others);
  }

  private static boolean isOurs(String line, Set<String> marked) {
    for (Pattern pattern : List.of(LINK, ADDRESS, DEVICE)) {
      Matcher matcher = pattern.matcher(line);
      if (matcher.matches() && marked.contains(matcher.group("name"))) {
        return true;
      }
    }
    return line.startsWith("sysctl ") || line.matches(".*\\bproto(col)? 116\\b.*");
  }

  private static String steady(String line) {
    return line.replaceFirst("<[^>]*\\bUP\\b[^>]*>", "<UP>")
        .replaceFirst("<[^>]*DOWN[^>]*>|<(?!UP>)[^>]*>", "<>")
        .replaceAll(" (state|qdisc|qlen(?= 0)) \\S+", "")
        .replaceAll("_timer +[\\d.]+", "_timer")
        .replaceAll(" numtxqueues [^\\\\]*", "") // sizes of a bridge follow its ports
        .replaceAll(" (tentative|linkdown|dead|offload)\\b", "")
        .strip();
  }

  /**
   * The lines of ours in which this differs from what is expected, with - or + before each. What a
   * way without a tunnel needs of the host's NIC stays so until a cleanup.
   */
  List<String> differenceOfOurs(KernelDump expected) {
    return difference(expected.ours, ours).stream()
        .filter(line -> !line.matches("[-+]sysctl ipv4/conf/eth0/rp_filter:[02]"))
        .toList();
  }

  /** The lines in which this differs from what is expected. */
  List<String> difference(KernelDump expected) {
    return Stream.concat(
            difference(expected.ours, ours).stream(), difference(expected.others, others).stream())
        .toList();
  }

  private static List<String> difference(Set<String> expected, Set<String> actual) {
    return Stream.concat(
            expected.stream().filter(line -> !actual.contains(line)).map(line -> "-" + line),
            actual.stream().filter(line -> !expected.contains(line)).map(line -> "+" + line))
        .toList();
  }
}
