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
import java.util.LinkedHashSet;
import java.util.List;
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
      Set.of("tweed", "tweed-filter", "tweed-guard", "tweed-tunnel", "tweed-trace", "kube-proxy");

  private static final Set<String> HOOKS = Set.of("input", "forward", "output");
  private static final Set<String> FAMILIES = Set.of("ip", "ip6", "inet");

  private static final int LOOKS = 3;

  private record Table(String family, String name) {}

  private final Path root;
  private final Path proc;
  private final NftListing nft;
  private final Supplier<Optional<Boolean>> legacyDrops;

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
   * @param legacyDrops whether they drop packets, empty if nobody can tell; asked if there are
   *     tables for them
   */
  public HostFirewallReader(
      Path root, Path proc, NftListing nft, Supplier<Optional<Boolean>> legacyDrops) {
    this.root = root;
    this.proc = proc;
    this.nft = nft;
    this.legacyDrops = legacyDrops;
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
    if (hasUfw(rules)) {
      return new HostFirewall(Manager.UFW, State.ACTIVE, ufwReason(), rules, legacyDrops());
    }
    if (isFirewalldLoading(rules)) {
      // Half of its rules tell nothing.
      return new HostFirewall(
          Manager.FIREWALLD, State.ACTIVE, "it is loading its rules", Ruleset.empty());
    }
    if (rules.chains().stream().anyMatch(chain -> chain.table().equals("firewalld"))
        || rules.hasChain("INPUT_ZONES")) {
      return new HostFirewall(
          Manager.FIREWALLD, State.ACTIVE, "its rules are in the kernel", rules, legacyDrops());
    }
    Optional<Chain> filter =
        rules.chains().stream()
            .filter(chain -> chain.base().isPresent())
            .filter(chain -> drops(chain, rules))
            .findFirst();
    if (filter.isPresent()) {
      return new HostFirewall(
          isIptables(filter.get()) ? Manager.IPTABLES : Manager.NFTABLES,
          State.ACTIVE,
          "chain %s of table %s %s drops packets"
              .formatted(filter.get().name(), filter.get().family(), filter.get().table()),
          rules,
          legacyDrops());
    }
    Optional<Boolean> legacy = legacyIptables() ? legacyDrops.get() : Optional.of(false);
    if (legacy.orElse(true)) {
      return new HostFirewall(
          Manager.IPTABLES,
          legacy.isPresent() ? State.ACTIVE : State.UNKNOWN,
          legacy.isPresent()
              ? "rules of iptables-legacy drop packets"
              : "there are iptables-legacy rules, which nft cannot show; look with:"
                  + " iptables-legacy-save",
          rules);
    }
    return inactive(rules);
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

  private HostFirewall inactive(Ruleset rules) {
    return configured()
        .map(
            manager ->
                new HostFirewall(
                    manager,
                    State.INACTIVE,
                    manager == Manager.UFW && ufwEnabled()
                        ? "/etc/ufw/ufw.conf says ENABLED=yes, but its rules are not in the kernel"
                        : "it is installed, but its rules are not in the kernel",
                    rules))
        .orElseGet(
            () ->
                new HostFirewall(
                    Manager.NONE,
                    State.INACTIVE,
                    "no chain in the kernel drops packets, bans of sources aside",
                    rules));
  }

  /** ufw removes these two when it is disabled, and leaves its other chains empty. */
  private static boolean hasUfw(Ruleset rules) {
    return rules.hasChain("ufw-user-input") || rules.hasChain("ufw6-user-input");
  }

  private String ufwReason() {
    // Left so by a reload that failed half way.
    boolean off = ufwConfiguration().map(text -> text.contains("ENABLED=no")).orElse(false);
    return off
        ? "its rules are in the kernel, but /etc/ufw/ufw.conf says ENABLED=no: after the next boot"
            + " there is no firewall; to keep it type: ufw enable"
        : "its rules are in the kernel";
  }

  /**
   * While firewalld reloads, its own table goes and comes, and this one drops what is new. In panic
   * mode that has other chains, beside the table.
   */
  private static boolean isFirewalldLoading(Ruleset rules) {
    return rules.chains().stream()
        .filter(chain -> chain.table().equals("firewalld_policy_drop"))
        .flatMap(chain -> chain.base().stream())
        .anyMatch(base -> base.hook().equals("input"));
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

  /** Whether rules drop that nft cannot show, or may. */
  private boolean legacyDrops() {
    return legacyIptables() && legacyDrops.get().orElse(true);
  }

  private boolean legacyIptables() {
    for (String file : List.of("ip_tables_names", "ip6_tables_names")) {
      try {
        if (Files.readAllLines(proc.resolve(file)).contains("filter")) {
          return true;
        }
      } catch (IOException e) {
        // No such file: the legacy module is not loaded.
      }
    }
    return false;
  }

  /**
   * Whether packets from anywhere can be dropped on some way through the base chain. What bans
   * sources, as fail2ban and CrowdSec do, is no firewall: it closes nothing, and is there or not
   * with each ban.
   */
  private static boolean drops(Chain base, Ruleset rules) {
    if (base.filters()) {
      return true;
    }
    return base.targets().stream()
        // Those of kubelet, kube-proxy and our own are no firewall of the host.
        .filter(target -> !target.startsWith("KUBE-") && !target.startsWith("TWEED-"))
        .flatMap(target -> rules.chains().stream().filter(chain -> chain.isIn(base, target)))
        .anyMatch(Chain::filters);
  }

  private static boolean isIptables(Chain chain) {
    return chain.table().equals("filter")
        && Set.of("INPUT", "FORWARD", "OUTPUT").contains(chain.name());
  }
}
