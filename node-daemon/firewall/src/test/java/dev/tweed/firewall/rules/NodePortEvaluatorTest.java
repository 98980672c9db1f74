package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is said of rules that allow a NodePort. */
class NodePortEvaluatorTest {

  private static final FirewallRule WEB = allow("web", 30080);
  private static final Peer OFFICE = Peer.of(IpPrefix.parse("192.0.2.0/24"));

  @Test
  void withoutADenyItIsOpenWithTheRuleOrWithout() {
    assertThat(evaluate(policy("web", 100, WEB)))
        .containsExactly(
            new PolicyProblem(
                PolicyReason.NodePortOpen,
                "rule web, ports: as a NodePort, 30080: open to everybody, with this rule or"
                    + " without, since no rule In denies, rejects or limits it; to let in only"
                    + " some, deny the port in a rule after this one"));
  }

  @Test
  void aRuleForSomeOpensItToEverybodyAllTheSame() {
    assertThat(evaluate(policy("web", 100, WEB.withFrom(OFFICE))))
        .singleElement()
        .extracting(PolicyProblem::text)
        .asString()
        .contains("open to everybody, with this rule or without");
  }

  @Test
  void aDenyBeforeItIsNamed() {
    assertThat(evaluate(policy("web", 100, WEB), policy("closed", 50, deny("ports", 30080, 30090))))
        .containsExactly(
            new PolicyProblem(
                PolicyReason.NodePortClosed,
                "rule web, ports: as a NodePort, 30080: not opened by this rule, since rule ports"
                    + " of policy/closed comes before it and denies all or some of it; remove that"
                    + " rule, or give this policy a smaller priority"));
  }

  @Test
  void aDenyOfTheVerySamePacketsIsNamedThoughTheRuleIsLeftOut() {
    assertThat(evaluate(policy("web", 100, WEB), policy("closed", 50, deny("ports", 30080))))
        .singleElement()
        .returns(PolicyReason.NodePortClosed, PolicyProblem::reason)
        .extracting(PolicyProblem::text)
        .asString()
        .contains("rule ports of policy/closed comes before it and denies all or some of it");
  }

  @Test
  void aDenyOfSomeClosesItToSome() {
    assertThat(
            evaluate(
                policy("web", 100, WEB),
                policy("closed", 50, deny("office", 30080).withFrom(OFFICE))))
        .singleElement()
        .returns(PolicyReason.NodePortClosed, PolicyProblem::reason)
        .extracting(PolicyProblem::text)
        .asString()
        .contains("denies all or some of it");
  }

  @Test
  void aDenyAfterItIsForOthers() {
    assertThat(
            evaluate(
                policy("web", 100, WEB.withFrom(OFFICE)), policy("z", 200, deny("all", 30080))))
        .singleElement()
        .returns(PolicyReason.NodePortOpen, PolicyProblem::reason)
        .extracting(PolicyProblem::text)
        .asString()
        .contains("open to those it allows, while rule all of policy/z, which comes after it,");
  }

  @Test
  void aDenyOfAnotherPortOrProtocolIsNoMatter() {
    assertThat(
            evaluate(
                policy("web", 100, WEB),
                policy(
                    "closed",
                    50,
                    deny("other", 30081),
                    deny("udp", 30080).withPorts(Protocol.UDP, PortRange.of(30080)),
                    deny("out", 30080, Direction.OUT))))
        .singleElement()
        .extracting(PolicyProblem::text)
        .asString()
        .contains("open to everybody");
  }

  @Test
  void portsThatAreNoNodePortsAreNotSpokenOf() {
    assertThat(
            evaluate(
                policy(
                    "web",
                    100,
                    allow("ssh", 22),
                    FirewallRule.allow("all", Direction.IN),
                    FirewallRule.allow("out", Direction.OUT)
                        .withPorts(Protocol.TCP, PortRange.of(30080)))))
        .isEmpty();
  }

  @Test
  void onlyThePartOfARangeThatMayBeNodePortsIsSpokenOf() {
    assertThat(
            evaluate(
                policy(
                    "web",
                    100,
                    FirewallRule.allow("high", Direction.IN)
                        .withPorts(Protocol.TCP, new PortRange(1024, 65535)))))
        .singleElement()
        .extracting(PolicyProblem::text)
        .asString()
        .contains("as a NodePort, 30000:32767: open");
  }

  @Test
  void whereTheNetworkOpensNothingItIsForTheHostsFirewall() {
    RuleGroup web = policy("web", 100, WEB);

    assertThat(
            evaluate(RuleCompiler.compile(List.of(web)).rows(), false, ServiceProxy.NETFILTER, web))
        .singleElement()
        .extracting(PolicyProblem::text)
        .asString()
        .contains("open to whomever the host's own firewall lets through to pods");
  }

  @Test
  void byIpvsARuleDecidesAsAboutAnyOtherPort() {
    RuleGroup web = policy("web", 100, WEB.withFrom(OFFICE));
    RuleGroup closed = policy("closed", 50, deny("ports", 30080));

    assertThat(evaluate(RuleCompiler.compile(List.of(web)).rows(), true, ServiceProxy.IPVS, web))
        .singleElement()
        .extracting(PolicyProblem::text)
        .asString()
        .contains("open to those it allows", "by IPVS")
        .doesNotContain("everybody");
    assertThat(
            evaluate(
                RuleCompiler.compile(List.of(web, closed)).rows(), true, ServiceProxy.IPVS, web))
        .singleElement()
        .returns(PolicyReason.NodePortClosed, PolicyProblem::reason);
  }

  @Test
  void withoutKubeProxyNoRuleIsSaidToOpenOrCloseANodePort() {
    RuleGroup web = policy("web", 100, WEB);
    RuleGroup closed = policy("closed", 50, deny("ports", 30080));

    assertThat(
            evaluate(
                RuleCompiler.compile(List.of(web, closed)).rows(), true, ServiceProxy.UNSEEN, web))
        .singleElement()
        .returns(PolicyReason.NodePortUnseen, PolicyProblem::reason)
        .extracting(PolicyProblem::text)
        .asString()
        .contains("neither open nor close");
  }

  private static List<PolicyProblem> evaluate(RuleGroup policy, RuleGroup... others) {
    List<RuleGroup> all = new ArrayList<>(List.of(others));
    all.add(policy);
    return evaluate(RuleCompiler.compile(all).rows(), true, ServiceProxy.NETFILTER, policy);
  }

  private static List<PolicyProblem> evaluate(
      List<FilterRow> rows, boolean routed, ServiceProxy proxy, RuleGroup policy) {
    return new NodePortEvaluator(rows, routed, () -> proxy).evaluate(policy);
  }

  private static RuleGroup policy(String name, int priority, FirewallRule... rules) {
    return new RuleGroup(new Origin(Origin.Kind.POLICY, name), priority, List.of(rules));
  }

  private static FirewallRule allow(String name, int port) {
    return FirewallRule.allow(name, Direction.IN).withPorts(Protocol.TCP, PortRange.of(port));
  }

  private static FirewallRule deny(String name, int port, Direction direction) {
    return FirewallRule.allow(name, direction)
        .withAction(Action.DENY)
        .withPorts(Protocol.TCP, PortRange.of(port));
  }

  private static FirewallRule deny(String name, int... ports) {
    return FirewallRule.allow(name, Direction.IN)
        .withAction(Action.DENY)
        .withPorts(
            Protocol.TCP, IntStream.of(ports).mapToObj(PortRange::of).toArray(PortRange[]::new));
  }
}
