package dev.tweed.firewall;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds out which firewall the host has. The kernel's rules are the witness, because a daemon in a
 * pod sees those of its node but not the node's files; the files add what they can where they are
 * visible. Changes nothing, and never fails: what cannot be read is {@link State#UNKNOWN}.
 */
public final class HostFirewallReader {

  /** Tables of Kubernetes and of Tweed: no firewall, and large. */
  private static final Set<String> NOT_A_FIREWALL =
      Set.of(
          "tweed",
          "tweed-filter",
          "tweed-guard",
          "tweed-policy",
          "tweed-spoof",
          "tweed-tunnel",
          "tweed-trace",
          "kube-proxy");

  private static final Set<String> HOOKS = Set.of("input", "forward", "output");
  private static final Set<String> FAMILIES = Set.of("ip", "ip6", "inet");

  private static final int LOOKS = 3;

  private record Table(String family, String name) {}

  private final Path root;
  private final Path proc;
  private final NftListing nft;
  private final Supplier<Optional<LegacyRules>> legacy;

  /**
   * @param root root directory of the host's files, wherever it is mounted; it may have none
   * @param proc this network namespace's {@code /proc/net}
   * @param nft lists the rules of this network namespace
   */
  public HostFirewallReader(Path root, Path proc, NftListing nft) {
    this(root, proc, nft, Optional::empty);
  }

  /**
   * As the other, where rules of iptables-legacy can be looked at.
   *
   * @param legacy what they are, empty if nobody can tell; asked if there are tables for them
   */
  public HostFirewallReader(
      Path root, Path proc, NftListing nft, Supplier<Optional<LegacyRules>> legacy) {
    this.root = root;
    this.proc = proc;
    this.nft = nft;
    this.legacy = legacy;
  }

  /** Looks once; takes a few milliseconds, most of them nft's. */
  public HostFirewall read() {
    Ruleset rules;
    try {
      rules = rules();
    } catch (IOException e) {
      return new HostFirewall(
          configured().orElse(Manager.UNKNOWN),
          State.UNKNOWN,
          "the rules in the kernel could not be read: " + e.getMessage(),
          Ruleset.empty());
    }
    HostFirewall seen =
        new HostFirewall(
            Manager.UNKNOWN,
            State.UNKNOWN,
            "",
            rules,
            new LegacyTables(proc).has("filter")
                ? legacy.get()
                : Optional.of(LegacyRules.HARMLESS));
    if (seen.isInKernel(Manager.UFW)) {
      return seen.madeBy(Manager.UFW, State.ACTIVE, ufwReason(seen));
    }
    if (seen.isLoading()) {
      // Half of its rules tell nothing.
      return seen.madeBy(Manager.FIREWALLD, State.ACTIVE, "it is loading its rules").withoutRules();
    }
    if (seen.legacy().equals(Optional.of(LegacyRules.OF_UFW))) {
      return seen.madeBy(Manager.UFW, State.ACTIVE, "its rules are in iptables-legacy");
    }
    if (seen.isInKernel(Manager.FIREWALLD)) {
      return seen.madeBy(
          Manager.FIREWALLD,
          State.ACTIVE,
          seen.isPanicking()
              ? "it is in panic mode and drops every packet, whatever the rules; to end that type:"
                  + " firewall-cmd --panic-off"
              : "its rules are in the kernel");
    }
    Ruleset ofHost = rules.withoutJumpsTo(HostFirewallReader::isOfCluster);
    return ofHost.bases().stream()
        .filter(ofHost::canDrop)
        .min(Comparator.comparing(seen::managerOf))
        .map(
            base ->
                seen.madeBy(
                    seen.managerOf(base),
                    State.ACTIVE,
                    "chain %s of table %s %s drops packets"
                        .formatted(base.name(), base.family(), base.table())))
        .orElseGet(
            () ->
                seen.legacy().equals(Optional.of(LegacyRules.HARMLESS))
                    ? inactive(seen)
                    : legacy(seen));
  }

  private static HostFirewall legacy(HostFirewall seen) {
    return seen.legacy().isPresent()
        ? seen.madeBy(Manager.IPTABLES, State.ACTIVE, "rules of iptables-legacy drop packets")
        : seen.madeBy(
            Manager.IPTABLES,
            State.UNKNOWN,
            "there are iptables-legacy rules, which nft cannot show; look with:"
                + " iptables-legacy-save");
  }

  private Ruleset rules() throws IOException {
    for (int look = 1; ; look++) {
      try {
        return rulesAtOnce();
      } catch (IOException e) {
        // A table that went between the two listings: what is there instead is in neither.
        boolean gone = String.valueOf(e.getMessage()).contains("No such file or directory");
        if (!gone || look == LOOKS) {
          throw e;
        }
      }
    }
  }

  private Ruleset rulesAtOnce() throws IOException {
    Set<Table> tables = new LinkedHashSet<>();
    try (InputStream listing = nft.chains()) {
      for (Chain chain : RulesetParser.baseChains(listing)) {
        if (FAMILIES.contains(chain.family())
            && !NOT_A_FIREWALL.contains(chain.table())
            && chain.base().map(base -> HOOKS.contains(base.hook())).orElse(false)) {
          tables.add(new Table(chain.family(), chain.table()));
        }
      }
    }
    RulesetParser parser = new RulesetParser();
    for (Table table : tables) {
      try (InputStream listing = nft.table(table.family(), table.name())) {
        parser.add(listing);
      }
    }
    return parser.ruleset();
  }

  private HostFirewall inactive(HostFirewall seen) {
    return configured()
        .map(
            manager ->
                seen.madeBy(
                    manager,
                    State.INACTIVE,
                    manager == Manager.UFW && ufwEnabled()
                        ? "/etc/ufw/ufw.conf says ENABLED=yes, but its rules are not in the kernel"
                        : "it is installed, but its rules are not in the kernel"))
        .orElseGet(
            () ->
                seen.madeBy(
                    Manager.NONE,
                    State.INACTIVE,
                    "no chain in the kernel drops packets, bans of sources aside"));
  }

  private String ufwReason(HostFirewall seen) {
    // Left so by a reload that failed half way.
    boolean off = ufwConfiguration().map(text -> text.contains("ENABLED=no")).orElse(false);
    return off
        ? "its rules are in the kernel, but /etc/ufw/ufw.conf says ENABLED=no: after the next boot"
            + " there is no firewall; to keep it type: ufw enable"
        : seen.rules().bases().stream().anyMatch(seen::isShut)
            ? "its rules are in the kernel, for IPv4 only: IPV6=no in /etc/default/ufw drops all of IPv6"
            : "its rules are in the kernel";
  }

  private Optional<Manager> configured() {
    // A package that was removed, not purged, leaves its configuration.
    if (ufwConfiguration().isPresent() && hasProgram("ufw")) {
      return Optional.of(Manager.UFW);
    }
    return Files.exists(root.resolve("etc/firewalld/firewalld.conf"))
        ? Optional.of(Manager.FIREWALLD)
        : Optional.empty();
  }

  private boolean hasProgram(String name) {
    return Stream.of("usr/sbin", "sbin", "usr/bin")
        .map(directory -> root.resolve(directory).resolve(name))
        .anyMatch(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS));
  }

  private boolean ufwEnabled() {
    return ufwConfiguration().map(text -> text.contains("ENABLED=yes")).orElse(false);
  }

  /**
   * The settings without comments and blanks; empty if the file is not there or not ours to see.
   */
  private Optional<String> ufwConfiguration() {
    try {
      return Optional.of(
          Files.readString(root.resolve("etc/ufw/ufw.conf"))
              .replaceAll("(?m)^\\s*#.*$", "")
              .replaceAll("[ \\t\"']", ""));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Chains of kubelet, kube-proxy and our own are no firewall of the host. */
  private static boolean isOfCluster(String chain) {
    return chain.startsWith("KUBE-") || chain.startsWith("TWEED-");
  }
}
