package dev.tweed.agent.command;

import dev.tweed.agent.firewall.FirewallFiles;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.Intended;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.FilterRow;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node firewall status}: what the daemon last wanted in force, beside what is found in
 * the firewall now. Asks neither the API server nor the daemon, and changes nothing.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the rules Tweed wants on this node beside what is found; works without the API server.",
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
    FirewallStatusText text =
        new FirewallFiles(node.runDir)
            .intended()
            .map(intended -> text(intended, told))
            .orElseGet(FirewallStatusText::unknown);
    PrintWriter out = spec.commandLine().getOut();
    out.print(text.render());
    out.flush();
    return text.isAllInForce() ? 0 : 1;
  }

  private FirewallStatusText text(Intended intended, Optional<FirewallStatus> told) {
    FirewallHost host = node.firewallHost();
    GuardRules guard = new FirewallFiles(node.runDir).guard();
    return FirewallStatusText.of(
        intended,
        look(host, intended.backend(), intended.rows()),
        look(host, intended.standby(), intended.standbyRows()),
        host.lookAtGuard(guard, guard),
        told);
  }

  private static Optional<BackendListing> look(
      FirewallHost host, Optional<BackendKind> kind, List<FilterRow> rows) {
    return kind.map(
        k ->
            host.backend(k)
                .map(backend -> backend.look(rows))
                .orElseGet(
                    () ->
                        new BackendListing.Unreadable(
                            "the host's files and programs cannot be used from here",
                            "give --host-root, or run this where the daemon runs")));
  }
}
