package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.firewall.FirewallFiles.Remembered;
import dev.tweed.agent.firewall.FirewallPlan.LastGood;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.TunnelPeers;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirewallFilesTest {

  @TempDir Path runDir;

  @Test
  void whatIsIntendedIsReadAsItWasWritten() throws IOException {
    PlannedRules planned = allSorts();
    Intended intended =
        new Intended(
            Optional.of(BackendKind.NFTABLES),
            Optional.of(BackendKind.UFW),
            planned.rows(),
            planned.rows().subList(0, 2));

    new FirewallFiles(runDir).write(intended);

    assertThat(new FirewallFiles(runDir).intended()).contains(intended);
    assertThat(intended.rows()).isNotEmpty();
  }

  @Test
  void whatIsIntendedBesideTheFirewallIsReadAsItWasWritten() throws IOException {
    FirewallFiles files = new FirewallFiles(runDir);
    GuardRules guard =
        new GuardRules(
            new GuardRules(allSorts().rows(), Optional.empty()).nodePortRows(),
            Optional.of(new TunnelPeers(8472, List.of(IpAddress.parse("192.0.2.2")))));

    files.write(guard);
    assertThat(files.guard()).isEqualTo(guard);
    assertThat(guard.inRows()).isNotEmpty();

    files.write(GuardRules.none());
    assertThat(files.guard()).isEqualTo(GuardRules.none());
  }

  @Test
  void whatWasInForceIsReadAsItWasWritten() throws IOException {
    Remembered remembered =
        new Remembered(
            new LastGood(
                Optional.of(
                    new RuleGroup(
                        new Origin(Origin.Kind.NETWORK, "default"),
                        0,
                        List.of(
                            FirewallRule.allow("in", Direction.IN).withInterfaceIn("tweed.1")))),
                allSorts().good()),
            Set.of(BackendKind.UFW, BackendKind.IPTABLES));

    new FirewallFiles(runDir).write(remembered);

    assertThat(new FirewallFiles(runDir).remembered()).isEqualTo(remembered);
    assertThat(remembered.good().policies()).isNotEmpty();
  }

  @Test
  void nothingOrNonsenseIsNothing() throws IOException {
    assertThat(new FirewallFiles(runDir).intended()).isEmpty();
    assertThat(new FirewallFiles(runDir).remembered()).isEqualTo(Remembered.NOTHING);

    Files.createDirectories(runDir.resolve("firewall"));
    for (String name : List.of("intended.json", "guard.json", "last-good.json")) {
      Files.writeString(
          runDir.resolve("firewall").resolve(name),
          "{\"rows\":[{\"source\":\"x\"}],\"policies\":{\"a\":{\"rules\":[{}]}}}");
    }

    assertThat(new FirewallFiles(runDir).intended()).isEmpty();
    assertThat(new FirewallFiles(runDir).guard()).isEqualTo(GuardRules.none());
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
        Map.of());
  }
}
