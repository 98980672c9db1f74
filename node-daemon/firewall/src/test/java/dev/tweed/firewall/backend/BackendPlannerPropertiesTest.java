package dev.tweed.firewall.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostRules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Strangers who are banned and let go decide nothing, whatever the host's firewalls are, and in
 * whatever order their tables were made. Policies have no part in the choice at all.
 */
class BackendPlannerPropertiesTest {

  private static final List<List<String>> HOSTS =
      List.of(
          List.of(BackendPlannerTest.OPEN),
          List.of(BackendPlannerTest.CLOSED),
          List.of(BackendPlannerTest.DOCKER),
          List.of(BackendPlannerTest.UFW),
          List.of(BackendPlannerTest.OPEN, BackendPlannerTest.FIREWALLD),
          List.of(BackendPlannerTest.DOCKER, BackendPlannerTest.FIREWALLD),
          List.of(BackendPlannerTest.UFW, BackendPlannerTest.FIREWALLD));

  /** Ways of fail2ban, of CrowdSec, and of people. */
  private static final List<String> BANS =
      List.of(
          "table ip filter\n-I f2b-sshd -s %s -j REJECT",
          "table ip filter\n-I INPUT -s %s -j DROP",
          "table ip filter\n-I FORWARD -s %s -j DROP",
          "table ip filter\n-I OUTPUT -d %s -j REJECT",
          "table ip filter\n-A INPUT --match-set bans src -j DROP",
          "table inet f2b-table\n-A f2b-chain -p tcp --dport 22 -s %s -j DROP",
          "table inet f2b-table\n-A f2b-chain -s @addr-set-sshd -j DROP",
          "table ip crowdsec\n:crowdsec-chain input accept\n-A crowdsec-chain -s %s -j DROP");

  private static final String JAILS =
      """
      table ip filter
      :f2b-sshd
      -I INPUT -p tcp --dport 22 -j f2b-sshd
      -A f2b-sshd -j RETURN
      table inet f2b-table
      :f2b-chain input accept
      """;

  /** The bans in force at one look, and how long after the last. */
  record Look(List<String> bans, long later) {}

  @Provide
  Arbitrary<List<Look>> looks() {
    Arbitrary<String> ban =
        Combinators.combine(
                Arbitraries.of(BANS),
                Arbitraries.integers().between(1, 254),
                Arbitraries.integers().between(24, 32))
            .as(
                (way, host, length) ->
                    way.formatted("203.0.113." + (length == 32 ? host : "0/" + length)));
    return Combinators.combine(
            ban.list().ofMaxSize(4), Arbitraries.longs().between(0, 30_000_000_000L))
        .as(Look::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aBanMovesNothing(
      @ForAll("looks") List<Look> looks,
      @ForAll Random order,
      @ForAll boolean hostTools,
      @ForAll("hosts") List<String> host) {
    BackendChoice first =
        plan(read(host, List.of(), order), hostTools, BackendChoice.found(Set.of()), 0);
    BackendChoice last = first;
    long now = 0;
    for (Look look : looks) {
      now += look.later();
      last = plan(read(host, look.bans(), order), hostTools, last, now);

      assertThat(last)
          .as("with %s", look.bans())
          .usingRecursiveComparison()
          .ignoringFields("reason")
          .isEqualTo(first);
    }
  }

  @Provide
  Arbitrary<List<String>> hosts() {
    return Arbitraries.of(HOSTS);
  }

  private static HostFirewall read(List<String> host, List<String> bans, Random order) {
    List<String> tables = new ArrayList<>(host);
    Collections.shuffle(tables, order);
    tables.add(JAILS);
    tables.addAll(bans);
    return HostRules.read(tables.toArray(String[]::new));
  }

  private static BackendChoice plan(
      HostFirewall found, boolean hostTools, BackendChoice before, long now) {
    return BackendPlanner.plan(found, BackendPlannerTest.NEEDS, hostTools, before, now);
  }
}
