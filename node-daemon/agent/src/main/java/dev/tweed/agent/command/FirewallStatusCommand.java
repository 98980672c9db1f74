package dev.tweed.agent.command;

import dev.tweed.agent.firewall.FirewallFiles;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.firewall.FirewallPlanFactory;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node firewall status}: what the daemon last put in force, and whether it is so
 * still: whether the daemon would have anything to write. Asks neither the API server nor the
 * daemon, and changes nothing.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the rules of Tweed's on this node, and whether they are in force; works without the API"
          + " server.",
      "Exit code 0: all are in force. 1: some are not, or a FirewallPolicy is refused."
    })
final class FirewallStatusCommand implements Callable<Integer> {

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    LogSetup.install(LogSetup.LogLevel.error);
    Optional<NodeStatus> status = new StatusFiles(node.runDir).read();
    Optional<FirewallStatus> told = status.flatMap(NodeStatus::firewallStatus);
    FirewallFiles.Remembered remembered = new FirewallFiles(node.runDir).remembered();
    FirewallStatusText text =
        told.isEmpty() && remembered.hasNoRules()
            ? FirewallStatusText.unknown()
            : text(remembered, told);
    PrintWriter out = spec.commandLine().getOut();
    out.print(text.render());
    out.flush();
    return text.isAllInForce() ? 0 : 1;
  }

  private FirewallStatusText text(
      FirewallFiles.Remembered remembered, Optional<FirewallStatus> told) {
    FirewallHost host = node.firewallHost();
    // What is in force stays, whatever has to pass.
    FirewallPlan plan = new FirewallPlanFactory(host, List::of, List::of).keep(remembered);
    GuardRules guard = GuardRules.of(plan.planned());
    return FirewallStatusText.of(
        plan,
        BackendOutcome.together(
            plan.choice().kinds().stream()
                .flatMap(kind -> host.backend(kind).stream())
                .map(backend -> backend.check(plan.rows()))
                .toList()),
        plan.choice()
            .standby()
            .flatMap(host::backend)
            .map(backend -> backend.check(plan.standbyRows())),
        guard,
        // Where no firewall can hold rules, those that only the guard has are not remembered.
        plan.choice().isKnown() ? Optional.of(host.checkGuard(guard)) : Optional.empty(),
        told,
        host.counts());
  }
}
