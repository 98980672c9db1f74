package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.LegacyRules;
import dev.tweed.firewall.NftCommand;
import dev.tweed.firewall.RulesetMonitor;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.firewalld.FirewalldBackend;
import dev.tweed.firewall.iptables.IptablesFlavour;
import dev.tweed.firewall.iptables.IptablesPrograms;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.GuardWriter;
import dev.tweed.firewall.nft.NftablesBackend;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.nft.RuleCountReader;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ServiceProxy;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ufw.UfwBackend;
import dev.tweed.firewall.ufw.UfwWriter;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.PacketLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/** The firewall of the network namespace this process is in. */
public final class LocalFirewallHost implements FirewallHost {

  /** Commands of ufw take some tenths of a second; a run should not wait for a person. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Group of the kernel's packet log; the number is that of the probes' port. */
  private static final int PACKET_LOG = 7416;

  private static final Path PROC_NET = Path.of("/proc/thread-self/net");

  private final Optional<Path> hostRoot;
  private final LegacyFilters legacy;
  private final HostFirewallReader reader;
  private final ProtectedServicesReader services;
  private final ServiceProxyReader proxy;
  private final Optional<IptablesBackends> iptables;
  private final Optional<FirewalldBackend> firewalld;
  private final List<FirewallBackend> backends;
  private final GuardWriter guard;
  private final RuleCountReader counts;

  /**
   * The host's own programs are run by chroot(1) if its files are elsewhere than at {@code /}; that
   * needs the capability SYS_CHROOT.
   *
   * @param hostRoot the host's files, if they may be used
   * @param nft the program
   * @param runDir state that a reboot empties
   */
  public LocalFirewallHost(Optional<Path> hostRoot, Path nft, Path runDir) {
    this(
        hostRoot,
        hostRoot
            .filter(root -> !root.equals(Path.of("/")))
            .map(root -> List.of("/usr/sbin/chroot", root.toString()))
            .orElse(List.of()),
        nft,
        runDir);
  }

  /**
   * As the other, with other words before each command.
   *
   * @param prefix such as {@code /usr/sbin/chroot /host/root}
   */
  public LocalFirewallHost(Optional<Path> hostRoot, List<String> prefix, Path nft, Path runDir) {
    this.hostRoot = hostRoot;
    this.legacy =
        new LegacyFilters(
            PROC_NET,
            hostRoot.map(root -> new IptablesPrograms(prefix, IptablesFlavour.LEGACY, PATIENCE)));
    this.reader =
        new HostFirewallReader(
            hostRoot.orElse(Path.of("/")), PROC_NET, new NftCommand(nft), legacy::rules);
    this.services = new ProtectedServicesReader(hostRoot, Path.of("/"));
    this.proxy = new ServiceProxyReader(PROC_NET, new NftCommand(nft));
    this.iptables = hostRoot.map(root -> IptablesBackends.of(prefix, legacy));
    List<FirewallBackend> usable = new ArrayList<>();
    hostRoot.ifPresent(
        root ->
            usable.add(
                new UfwBackend(
                    new UfwWriter(
                        root,
                        runDir.resolve("firewall"),
                        IptablesPrograms.ofUfw(prefix),
                        PATIENCE))));
    this.firewalld = hostRoot.map(FirewalldBackend::new);
    firewalld.ifPresent(usable::add);
    iptables.ifPresent(usable::add);
    NfTables tables = new NfTablesSocket();
    usable.add(new NftablesBackend(tables, LocalFirewallHost::group));
    this.guard = new GuardWriter(tables, LocalFirewallHost::group);
    this.counts = new RuleCountReader(tables);
    this.backends = List.copyOf(usable);
  }

  @Override
  public OptionalInt packetLog() {
    return group();
  }

  /** Where the daemon reads lines, as far as the kernel has such a log. */
  private static OptionalInt group() {
    return Files.exists(PROC_NET.resolve("netfilter/nfnetlink_log"))
        ? OptionalInt.of(PACKET_LOG)
        : OptionalInt.empty();
  }

  @Override
  public HostFirewall read() {
    HostFirewall found = reader.read();
    iptables.ifPresent(i -> i.use(flavours(found)));
    return found;
  }

  /** Rows let packets through in the flavour that drops them only, which may be both. */
  private static Set<IptablesFlavour> flavours(HostFirewall found) {
    if (!found.legacy().equals(Optional.of(LegacyRules.DROPPING))) {
      return EnumSet.of(IptablesFlavour.NFT);
    }
    Ruleset theirs = found.theirs();
    return theirs.bases().stream()
            .filter(base -> found.managerOf(base) == Manager.IPTABLES)
            .anyMatch(theirs::canDrop)
        ? EnumSet.allOf(IptablesFlavour.class)
        : EnumSet.of(IptablesFlavour.LEGACY);
  }

  @Override
  public boolean hasTools() {
    return hostRoot.isPresent();
  }

  @Override
  public List<FirewallBackend> backends() {
    return backends;
  }

  @Override
  public BackendOutcome guard(GuardRules rules) {
    return guard.apply(rules);
  }

  @Override
  public BackendOutcome checkGuard(GuardRules rules) {
    return guard.check(rules);
  }

  @Override
  public List<RuleCount> counts() {
    return counts.read();
  }

  @Override
  public OptionalInt generation() {
    return legacy.areThere() ? OptionalInt.empty() : RulesetMonitor.generation();
  }

  @Override
  public NodeFacts facts() {
    return services.read();
  }

  @Override
  public ServiceProxy serviceProxy() {
    return proxy.read();
  }

  @Override
  public Watching packets(Consumer<LoggedPacket> listener) {
    return PacketLog.open(PACKET_LOG, listener)::close;
  }

  @Override
  public Watching watch(Runnable onChange) {
    firewalld.ifPresent(f -> f.watch(onChange));
    Watching kernel = FirewallWatch.start(onChange);
    return () -> {
      kernel.close();
      firewalld.ifPresent(f -> f.watch(() -> {}));
    };
  }
}
