package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.plan.SysctlSetting.Absence;
import dev.tweed.dataplane.plan.SysctlSetting.Need;
import dev.tweed.dataplane.plan.SysctlSetting.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Which sysctls pod networking needs, and why. */
final class SysctlPlanner {

  private static final int MANY_PEERS = 256;

  /** What connection tracking has not seen, it would call out of the window, and so invalid. */
  private static final String LIBERAL_WINDOWS = "netfilter/nf_conntrack_tcp_be_liberal";

  /**
   * Names of devices of the host.
   *
   * @param forwarding by which packets of pods come and go
   * @param advertised on which a router's advertisements count
   * @param asymmetric by which packets of pods may come while replies go by another
   */
  record HostDevices(List<String> forwarding, List<String> advertised, List<String> asymmetric) {
    HostDevices {
      forwarding = List.copyOf(forwarding);
      advertised = List.copyOf(advertised);
      asymmetric = List.copyOf(asymmetric);
    }
  }

  /** Settings of the node and what is wrong with those asked for. */
  record NodeSettings(List<SysctlSetting> settings, List<Finding> findings) {}

  /**
   * Settings of the node, in the order to write them.
   *
   * @param ipv6 whether pods have IPv6 addresses
   * @param devices the host's that packets of pods use
   * @param peers how many peers there are
   * @param asked settings of the PodNetwork by name
   * @param ofDevices settings of our devices, which those must leave alone
   * @param fastPath whether packets of a connection may skip connection tracking
   */
  NodeSettings node(
      boolean ipv6,
      HostDevices devices,
      int peers,
      Map<String, String> asked,
      List<SysctlSetting> ofDevices,
      boolean fastPath) {
    List<SysctlSetting> settings = new ArrayList<>();
    // Forwarding comes first: the kernel resets accept_redirects and more of every device when it
    // changes (inet_forward_change(), net/ipv4/devinet.c).
    settings.add(exactly("ipv4/ip_forward", "1", Absence.UNKNOWN));
    if (ipv6) {
      for (String device : devices.advertised()) {
        // A router ignores advertisements unless told not to, and drops the default route it had
        // learned (addrconf_fixup_forwarding(), net/ipv6/addrconf.c). Pods do not need those of
        // other devices.
        settings.add(
            new SysctlSetting(
                "ipv6/conf/" + device + "/accept_ra",
                new Rule.AnyBut("1", "2"),
                Absence.FINE,
                devices.forwarding().contains(device) ? Need.REQUIRED : Need.WISHED));
      }
      settings.add(exactly("ipv6/conf/all/forwarding", "1", Absence.UNKNOWN));
    }
    for (String device : devices.forwarding()) {
      // Each has its own besides the one of all, which networkd and hardening guides set.
      settings.add(exactly("ipv4/conf/" + device + "/forwarding", "1", Absence.FINE));
      if (ipv6) {
        settings.add(exactly("ipv6/conf/" + device + "/forwarding", "1", Absence.FINE));
      }
    }
    devices.asymmetric().forEach(device -> settings.add(notStrict(device)));
    // Without these, replies between pods of one bridge bypass the address translation of Services.
    settings.add(exactly("bridge/bridge-nf-call-iptables", "1", Absence.BRIDGE_NETFILTER_MISSING));
    if (ipv6) {
      settings.add(
          exactly("bridge/bridge-nf-call-ip6tables", "1", Absence.BRIDGE_NETFILTER_MISSING));
    }
    if (peers > MANY_PEERS) {
      // Kernels before 5.0 count permanent neighbours too, and refuse new ones beyond the third
      // threshold. Network namespaces other than the first have no such files. By powers of two, so
      // that not each node that joins is a setting to write on all others.
      long room = Long.highestOneBit(peers - 1L) << 1;
      for (String family : ipv6 ? List.of("ipv4", "ipv6") : List.of("ipv4")) {
        for (int i = 1; i <= 3; i++) {
          settings.add(
              new SysctlSetting(
                  family + "/neigh/default/gc_thresh" + i,
                  new Rule.AtLeast(room << (i - 1)),
                  Absence.FINE,
                  Need.WISHED));
        }
      }
    }
    if (fastPath) {
      settings.add(wished(LIBERAL_WINDOWS, "1"));
    }
    List<Finding> findings = new ArrayList<>();
    Set<String> needed = new HashSet<>();
    settings.forEach(setting -> needed.add(setting.path()));
    ofDevices.forEach(setting -> needed.add(setting.path()));
    new TreeMap<>(asked)
        .forEach(
            (name, value) -> {
              Optional<String> path = path(name);
              if (path.isEmpty() || !isPlain(value)) {
                findings.add(
                    refused(
                        name, "is no setting below net. with a plain value; it is not applied"));
              } else if (needed.stream().anyMatch(need -> sets(path.get(), need))) {
                if (settings.stream().noneMatch(need -> isSame(need, path.get(), value))) {
                  findings.add(
                      refused(name, "is one that pod networking needs; it is not applied"));
                }
              } else {
                settings.add(
                    new SysctlSetting(
                        path.get(), new Rule.Exactly(value), Absence.UNKNOWN, Need.ASKED));
              }
            });
    return new NodeSettings(List.copyOf(settings), List.copyOf(findings));
  }

  /**
   * Settings of a device of ours, to write before it comes up.
   *
   * @param ipv6 whether pods have IPv6 addresses
   */
  List<SysctlSetting> device(String name, boolean ipv6) {
    List<SysctlSetting> settings = new ArrayList<>();
    String v4 = "ipv4/conf/" + name + "/";
    String v6 = "ipv6/conf/" + name + "/";
    // Pods must not configure the node: CVE-2020-10749, CVE-2020-13597. Also where IPv6 is unused.
    settings.add(exactly(v6 + "accept_ra", "0", Absence.FINE));
    settings.add(exactly(v6 + "accept_redirects", "0", Absence.FINE));
    settings.add(exactly(v4 + "accept_redirects", "0", Absence.FINE));
    settings.add(exactly(v4 + "forwarding", "1", Absence.FINE));
    // With direct routing on one side only, a packet arrives by another device than its reply
    // takes.
    settings.add(notStrict(name));
    if (ipv6) {
      settings.add(exactly(v6 + "disable_ipv6", "0", Absence.UNKNOWN));
      settings.add(exactly(v6 + "forwarding", "1", Absence.UNKNOWN));
    }
    return List.copyOf(settings);
  }

  private static SysctlSetting notStrict(String device) {
    return new SysctlSetting(
        "ipv4/conf/" + device + "/rp_filter",
        new Rule.NotStrict("ipv4/conf/all/rp_filter"),
        Absence.FINE,
        Need.REQUIRED);
  }

  /**
   * Settings of the probe device, to write before it comes up.
   *
   * @param ipv6 whether it has IPv6 addresses
   */
  List<SysctlSetting> probe(boolean ipv6) {
    List<SysctlSetting> settings = new ArrayList<>();
    String v4 = "ipv4/conf/" + ProbeDevice.NAME + "/";
    String v6 = "ipv6/conf/" + ProbeDevice.NAME + "/";
    // It is on one link with the pods: see those of devices in general.
    settings.add(wished(v6 + "accept_ra", "0"));
    settings.add(wished(v6 + "accept_redirects", "0"));
    settings.add(wished(v4 + "accept_redirects", "0"));
    // The host itself is the sender of what the bridge asks and of a REJECT.
    settings.add(wished(v4 + "accept_local", "1"));
    settings.add(wished(v4 + "rp_filter", "2"));
    // Otherwise it answers pods that ask for the bridge's address (arp_process(), net/ipv4/arp.c).
    settings.add(wished(v4 + "arp_ignore", "1"));
    if (ipv6) {
      settings.add(wished(v6 + "disable_ipv6", "0"));
    }
    return List.copyOf(settings);
  }

  private static SysctlSetting wished(String path, String value) {
    return new SysctlSetting(path, new Rule.Exactly(value), Absence.FINE, Need.WISHED);
  }

  private static SysctlSetting exactly(String path, String value, Absence absence) {
    return new SysctlSetting(path, new Rule.Exactly(value), absence, Need.REQUIRED);
  }

  /**
   * The file of a sysctl below /proc/sys/net. As in sysctl(8), the first separator tells which is
   * meant: {@code net.ipv4.conf.eth0/100.rp_filter} and {@code net/ipv4/conf/eth0.100/rp_filter}
   * are the same.
   */
  static Optional<String> path(String name) {
    return name.matches("net[./].+")
        ? Optional.of(slashed(name).substring("net/".length())).filter(SysctlPlanner::isBelowNet)
        : Optional.empty();
  }

  /** Whether writing one file changes another, or is the same. */
  static boolean sets(String written, String path) {
    return switch (written) {
      case "ipv4/ip_forward", "ipv4/conf/all/forwarding" ->
          path.equals("ipv4/ip_forward") || path.matches("ipv4/conf/[^/]+/forwarding");
      case "ipv6/conf/all/forwarding" -> path.matches("ipv6/conf/[^/]+/forwarding");
      case "ipv6/conf/all/disable_ipv6" -> path.matches("ipv6/conf/[^/]+/disable_ipv6");
      default -> written.equals(path);
    };
  }

  /** Somebody may have asked before it was known whether it would be needed. */
  private static boolean isSame(SysctlSetting need, String path, String value) {
    return need.need() == Need.WISHED
        && need.path().equals(path)
        && need.rule().equals(new Rule.Exactly(value));
  }

  /** A name with slashes between its parts, whichever way it is spelled. */
  static String slashed(String name) {
    int separator = name.replace('.', '/').indexOf('/');
    return separator < 0 || name.charAt(separator) == '/' ? name : swapped(name);
  }

  /** A path below /proc/sys/net as sysctl(8) shows it: {@code net.ipv4.ip_forward}. */
  static String dotted(String path) {
    return "net." + swapped(path);
  }

  private static String swapped(String name) {
    return name.replace('.', '\0').replace('/', '.').replace('\0', '/');
  }

  /** Whether a path names a file below /proc/sys/net, and none elsewhere. */
  static boolean isBelowNet(String path) {
    if (!path.matches("[A-Za-z0-9_][A-Za-z0-9_./@:-]*")) {
      return false;
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlain(String value) {
    return value.matches("[A-Za-z0-9_,.:/ \t-]{1,256}");
  }

  private static Finding refused(String name, String why) {
    return new Finding(
        Reason.SysctlRefused,
        name,
        "sysctl " + name + " " + why,
        "take it out of spec.sysctls of the PodNetwork");
  }
}
