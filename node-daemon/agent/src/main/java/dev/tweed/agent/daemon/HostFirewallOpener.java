package dev.tweed.agent.daemon;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.firewall.rules.CompiledRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.firewall.ufw.IptablesChains;
import dev.tweed.firewall.ufw.UfwOutcome;
import dev.tweed.firewall.ufw.UfwRulesFile;
import dev.tweed.firewall.ufw.UfwWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * Keeps open in the host's ufw what the pod network needs, where the daemon has been given the
 * host's files.
 */
public final class HostFirewallOpener {

  /** Commands of ufw take some tenths of a second; a sync should not wait for a person. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Function<List<FilterRow>, UfwOutcome> ufw;

  /** What came of it. */
  record Result(boolean changed, int rules, List<NodeFinding> findings) {}

  HostFirewallOpener(Function<List<FilterRow>, UfwOutcome> ufw) {
    this.ufw = ufw;
  }

  /**
   * One for the host whose files are at {@code hostRoot}; elsewhere than at {@code /} the host's
   * own iptables is run by chroot(1), which needs the capability SYS_CHROOT.
   *
   * @param runDir state that a reboot empties
   */
  public static HostFirewallOpener at(Path hostRoot, Path runDir) {
    List<String> prefix =
        hostRoot.equals(Path.of("/"))
            ? List.of()
            : List.of("/usr/sbin/chroot", hostRoot.toString());
    UfwWriter writer =
        new UfwWriter(hostRoot, runDir.resolve("firewall"), new IptablesChains(prefix), PATIENCE);
    return new HostFirewallOpener(writer::apply);
  }

  Result open(RuleGroup needs) {
    CompiledRules compiled = RuleCompiler.compile(List.of(needs));
    return switch (ufw.apply(compiled.rows())) {
      case UfwOutcome.Applied applied ->
          new Result(
              applied.changed(),
              compiled.rows().size() - applied.overlaps().size(),
              applied.overlaps().stream()
                  .filter(UfwRulesFile.Overlap::contradicts)
                  .map(HostFirewallOpener::contradiction)
                  .toList());
      case UfwOutcome.Refused refused -> new Result(false, 0, List.of(failure(refused)));
    };
  }

  /** Takes all rules of Tweed's out of ufw. */
  public UfwOutcome release() {
    return ufw.apply(List.of());
  }

  private static NodeFinding contradiction(UfwRulesFile.Overlap overlap) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        "ufw",
        "a rule somebody typed decides against what the network needs, and is left in force: %s %s"
            .formatted(overlap.theirs().action(), overlap.theirs().match()),
        "find its number with 'ufw status numbered' and type: ufw delete NUMBER");
  }

  private static NodeFinding failure(UfwOutcome.Refused refused) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        "ufw",
        "the rules the network needs could not be put into ufw: " + refused.message(),
        refused.remedy());
  }
}
