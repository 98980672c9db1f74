package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.ufw.SampleRows;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Words and commands come from the chain that drops, whoever manages the host's firewall. */
class FirewallAdvicePlannerTest {

  private static final String FIREWALLD =
      """
      table inet firewalld
      :filter_INPUT input accept
      :filter_FORWARD forward %s
      """;
  private static final String DOCKER =
      """
      table ip filter
      :FORWARD forward drop
      """;

  @Test
  void whatDockerDropsIsNoMatterOfFirewalld() {
    assertThat(advice(FIREWALLD.formatted("accept"), DOCKER))
        .extracting(FirewallBlockage::manager, FirewallBlockage::commands)
        .containsExactly(
            tuple(
                Manager.IPTABLES, List.of("iptables -I FORWARD -i tweed.1 -o tweed-br0 -j ACCEPT")),
            tuple(Manager.IPTABLES, List.of("iptables -I FORWARD -i tweed-br0 -j ACCEPT")));
  }

  @Test
  void whereBothDropBothAreTold() {
    assertThat(advice(FIREWALLD.formatted("drop"), DOCKER))
        .extracting(FirewallBlockage::manager)
        .containsOnly(Manager.FIREWALLD, Manager.IPTABLES);
  }

  @Test
  void inPanicModeNoRuleHelps() {
    String panic =
        """
        table inet firewalld_policy_drop
        :raw_prerouting prerouting drop
        :raw_output output drop
        """;

    HostFirewall found = HostRules.read(FIREWALLD.formatted("accept"), panic);

    assertThat(found.reason()).contains("panic mode").endsWith("firewall-cmd --panic-off");
    assertThat(found.isPanicking()).isTrue();
    assertThat(HostRules.read(FIREWALLD.formatted("accept")).isPanicking()).isFalse();
    assertThat(FirewallAdvicePlanner.plan(found, SampleRows.needs()))
        .singleElement()
        .satisfies(
            blockage -> {
              assertThat(blockage.message())
                  .startsWith("panic mode of firewalld drops packets of the tunnel");
              assertThat(blockage.commands()).containsExactly("firewall-cmd --panic-off");
            });
  }

  @Test
  void noRuleOfUfwHelpsWhereItLeavesIpv6Out() {
    HostFirewall found =
        HostRules.read(
            """
            table ip filter
            :INPUT input accept
            :ufw-user-input
            """,
            """
            table ip6 filter
            :FORWARD forward drop
            """);

    assertThat(FirewallAdvicePlanner.plan(found, AdviceGoldenTest.NEEDS))
        .singleElement()
        .satisfies(
            blockage ->
                assertThat(blockage.commands())
                    .containsExactly(
                        "sed -i 's/^IPV6=.*/IPV6=yes/' /etc/default/ufw", "ufw reload"));
  }

  private static List<FirewallBlockage> advice(String... tables) {
    return FirewallAdvicePlanner.plan(HostRules.read(tables), SampleRows.needs());
  }
}
