package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.firewall.FirewallFiles.Remembered;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.firewall.rules.ServiceProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirewallFilesTest {

  @TempDir Path runDir;

  @Test
  void whatWasInForceIsReadAsItWasWritten() throws IOException {
    Remembered remembered =
        new Remembered(
            Optional.of(
                new RuleGroup(
                    new Origin(Origin.Kind.NETWORK, "default"),
                    0,
                    List.of(FirewallRule.allow("in", Direction.IN).withInterfaceIn("tweed.1")))),
            allSorts().good(),
            Set.of(BackendKind.UFW, BackendKind.IPTABLES));

    new FirewallFiles(runDir).write(remembered);

    assertThat(new FirewallFiles(runDir).remembered()).isEqualTo(remembered);
    assertThat(runDir.resolve("firewall/last-good.json"))
        .satisfies(
            file ->
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------"));
    assertThat(remembered.policies()).isNotEmpty();
  }

  @Test
  void nothingOrNonsenseIsNothing() throws IOException {
    assertThat(new FirewallFiles(runDir).remembered()).isEqualTo(Remembered.NOTHING);

    Files.createDirectories(runDir.resolve("firewall"));
    Files.writeString(
        runDir.resolve("firewall").resolve("last-good.json"),
        "{\"rows\":[{\"source\":\"x\"}],\"policies\":{\"a\":{\"rules\":[{}]}}}");

    assertThat(new FirewallFiles(runDir).remembered()).isEqualTo(Remembered.NOTHING);
  }

  private static PlannedRules allSorts() throws IOException {
    String objects =
        Files.readString(Path.of("src/test/resources/golden/firewall/in-network-all-sorts.yaml"));
    return FirewallPlanner.plan(
        PolicyMapper.map(YamlViews.read(objects)),
        Optional.empty(),
        List.of(),
        row -> Optional.empty(),
        () -> ServiceProxy.NETFILTER,
        Map.of());
  }
}
