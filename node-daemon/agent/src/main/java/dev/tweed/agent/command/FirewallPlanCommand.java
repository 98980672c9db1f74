package dev.tweed.agent.command;

import dev.tweed.agent.cluster.ClusterReader;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.PolicyFileReader;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.firewall.DesiredFirewall;
import dev.tweed.agent.firewall.FirewallFiles;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.firewall.FirewallPlanFactory;
import dev.tweed.agent.firewall.NetworkState;
import dev.tweed.agent.firewall.NetworkStateMapper;
import dev.tweed.agent.firewall.ServerResolver;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node firewall plan}: what the daemon would do about the firewall now, or with other
 * FirewallPolicies. Computed by the daemon's own classes; changes nothing.
 */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Shows which rules would come (+), go (-) and stay on this node, and what would be refused."
          + " Changes nothing.",
      "In a pod: kubectl exec -i POD -- tweed-node firewall plan -f - <policy.yaml",
      "Exit code 0: it could be told, and nothing is refused. 1: otherwise."
    })
final class FirewallPlanCommand implements Callable<Integer> {

  private static final String STANDARD_INPUT = "-";

  @Mixin NodeOptions node;
  @Mixin ApiOptions api;
  @Spec CommandSpec spec;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      defaultValue = "",
      description =
          "FirewallPolicies in YAML or JSON that come on top of those of the API server, or in"
              + " place of those of the same names; - is the standard input")
  String file;

  @Override
  public Integer call() throws IOException {
    LogSetup.install(LogSetup.LogLevel.error);
    List<PolicyRecord> given = given();
    ClusterReader.Read read =
        ClusterReader.read(
            api.access(), System.getenv(), TweedNode.Version.current(), api.nodeName());
    ClusterView view = FirewallPlanInput.with(read.view(), given);
    FirewallHost host = node.firewallHost();
    FirewallFiles.Remembered good = new FirewallFiles(node.runDir).remembered();
    NetworkState network = network(view);
    FirewallPlanFactory plans =
        new FirewallPlanFactory(host, () -> ServerResolver.resolve(read.server()), read::endpoints);
    FirewallPlan plan = plans.make(DesiredFirewall.of(view, network), good);
    FirewallPlanText text =
        FirewallPlanText.of(
            api.nodeName(),
            plans.keep(good),
            plan,
            check(host, plan),
            plan.guard(network).flatMap(FirewallTable::guard),
            FirewallPlanInput.elsewhere(view, given));
    PrintWriter out = spec.commandLine().getOut();
    out.print(text.render());
    out.flush();
    return text.isAllPossible() ? 0 : 1;
  }

  private List<PolicyRecord> given() throws IOException {
    if (file.isEmpty()) {
      return List.of();
    }
    try (InputStream in =
        file.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(file))) {
      return PolicyFileReader.read(in);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(file + ": there is no such file", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("-f %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** With the devices the data path last told of. */
  private NetworkState network(ClusterView view) {
    Optional<NodeStatus.DataPathStatus> path =
        new StatusFiles(node.runDir).read().flatMap(NodeStatus::dataPath);
    return NetworkStateMapper.map(
        new SnapshotMapper(api.nodeName()).map(view),
        path.map(NodeStatus.DataPathStatus::device).orElse(""),
        path.map(NodeStatus.DataPathStatus::underlayDevice).filter(device -> !device.isEmpty()),
        path.map(NodeStatus.DataPathStatus::outsideDevices).orElse(List.of()));
  }

  /** What it would come to, in those that are to have no rows, too. */
  private static Map<BackendKind, BackendOutcome> check(FirewallHost host, FirewallPlan plan) {
    Map<BackendKind, BackendOutcome> outcomes = new EnumMap<>(BackendKind.class);
    for (FirewallBackend backend : host.backends()) {
      Optional<BackendKind> kind = Optional.of(backend.kind());
      outcomes.put(
          backend.kind(),
          backend.check(
              plan.choice().kinds().contains(backend.kind())
                  ? plan.rows()
                  : plan.choice().standby().equals(kind) ? plan.standbyRows() : List.of()));
    }
    return outcomes;
  }
}
