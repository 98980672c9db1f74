package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.ProtectedFlow;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner;
import dev.tweed.firewall.rules.RowText;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.firewall.rules.ServiceProxy;
import dev.tweed.firewall.rules.SshSessions;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From objects as they come from the API to the rows of a node: in-*.yaml to out-*.txt. */
class PlanGoldenTest {

  private static final Path DIRECTORY = Path.of("src/test/resources/golden/firewall");

  private static final List<ProtectedFlow> FLOWS =
      ProtectedFlowsPlanner.plan(
          new ProtectedFlowsPlanner.ProtectionFacts(
              new NodeFacts(
                  List.of(),
                  remote -> Optional.empty(),
                  List.of(),
                  new SshSessions(true, Map.of(IpAddress.parse("192.0.2.7"), "alice")),
                  List.of(),
                  List.of(),
                  () -> {}),
              10250,
              List.of(
                  new ProtectedFlowsPlanner.Server(
                      Optional.of(IpAddress.parse("198.51.100.1")), 6443)),
              List.of(),
              false,
              Optional.empty()));

  static Stream<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("in-"))
          .map(name -> name.substring("in-".length(), name.length() - ".yaml".length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void objectsBecomeRows(String name) throws IOException {
    ClusterView view = YamlViews.read(Files.readString(DIRECTORY.resolve("in-" + name + ".yaml")));

    PlannedRules planned =
        FirewallPlanner.plan(
            PolicyMapper.map(view),
            name.contains("network") ? Optional.of(network()) : Optional.empty(),
            FLOWS,
            row -> Optional.empty(),
            () -> ServiceProxy.NETFILTER,
            Map.of());

    Golden.assertMatches("firewall/out-" + name + ".txt", text(planned));
  }

  private static RuleGroup network() {
    return BuiltInRulesPlanner.plan(
        SampleNetwork.NAME, SampleNetwork.NEEDS, SampleNetwork.OWN_BLOCKS);
  }

  private static String text(PlannedRules planned) {
    return planned.verdicts().stream()
            .map(
                v ->
                    "%s (generation %d): %s%s%n"
                        .formatted(
                            v.name(),
                            v.generation(),
                            v.accepted() ? "accepted" : "refused",
                            v.remark().map(r -> "; " + r.reason() + ": " + r.text()).orElse("")))
            .collect(Collectors.joining())
        + planned.rows().stream().map(PlanGoldenTest::line).collect(Collectors.joining());
  }

  private static String line(FilterRow row) {
    return "%s%s%s  # %s%n"
        .formatted(
            RowText.of(row),
            row.logging() == Logging.NONE ? "" : ", log " + row.logging(),
            row.source().length() + row.destination().length() > 0 ? "" : " (" + row.family() + ")",
            row.comment());
  }
}
