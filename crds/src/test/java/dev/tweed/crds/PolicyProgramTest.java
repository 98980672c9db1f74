package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceCompiler;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Programs and pods as objects, and what is closed where an object is not understood. */
class PolicyProgramTest {

  private static final String NAME = "p-0123456789abcdef0123";

  private final KubernetesSerialization json = new KubernetesSerialization();

  @Property(tries = 60)
  void whatIsWrittenIsRead(@ForAll long seed) {
    Cluster cluster = RandomClusters.cluster(new Random(seed));

    for (Program program : ReferenceCompiler.compile(cluster, "node-1").programs().values()) {
      PolicyProgram object = object(program.name(), PolicyProgramWriter.write(program));
      PolicyProgram stored = json.unmarshal(json.asJson(object), PolicyProgram.class);

      assertThat(PolicyProgramReader.read(stored)).isEqualTo(program);
    }
  }

  @Test
  void listsThatAreTooLongBecomeSeveralRulesOfOneIndex() {
    Peers peers =
        new Peers(
            false,
            true,
            IntStream.range(0, 300).mapToObj("s-%020d"::formatted).toList(),
            IntStream.range(0, 2000)
                .mapToObj(i -> IpBlock.of("10." + i / 250 + "." + i % 250 + ".0/24"))
                .toList());
    PortMatch[] ports =
        IntStream.range(1, 101)
            .mapToObj(p -> PortMatch.one(Protocol.TCP, p))
            .toArray(PortMatch[]::new);

    PolicyProgramSpec spec =
        PolicyProgramWriter.write(program(Rule.of(7, Action.ACCEPT, peers, ports)));

    assertThat(spec.ingress())
        .hasSize(4)
        .allMatch(r -> r.rule() == 7 && r.ports().size() <= Limits.PROGRAM_PORTS)
        .allMatch(r -> r.peers().cidrs().size() <= Limits.PROGRAM_CIDRS)
        .allMatch(r -> r.peers().peerSets().size() <= Limits.PROGRAM_SETS);
    assertThat(spec.ingress().stream().flatMap(r -> r.peers().peerSets().stream()).distinct())
        .hasSize(300);
    assertThat(spec.ingress().stream().flatMap(r -> r.ports().stream()).distinct()).hasSize(100);
    assertThat(PolicyProgramReader.read(object(NAME, spec)).ingress()).hasSize(4);
  }

  @Test
  void aRuleWithoutPortsIsNotWrittenAsOneForEveryPort() {
    Rule nothing = Rule.of(0, Action.ACCEPT, Peers.ANYONE, new PortMatch[0]);

    assertThat(PolicyProgramWriter.write(program(nothing)).ingress()).isEmpty();
  }

  @Test
  void aNewerFormatIsNotRead() {
    PolicyProgramSpec spec = PolicyProgramWriter.write(program());
    PolicyProgramSpec newer =
        new PolicyProgramSpec(
            2, spec.policy(), spec.tier(), null, spec.isolates(), List.of(), List.of());

    assertThatThrownBy(() -> PolicyProgramReader.read(object(NAME, newer)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "PolicyProgram " + NAME + ": format 2 is of a newer version; upgrade the daemon");
  }

  @Test
  void aValueThatIsNotKnownIsNotLeftOut() {
    PolicyProgram object = object(NAME, PolicyProgramWriter.write(program()));
    object.setUnknownValues(List.of(new UnknownValue("spec.ingress[0].action", "Log")));

    assertThatThrownBy(() -> PolicyProgramReader.read(object))
        .hasMessageContaining("spec.ingress[0].action has an unknown value");
  }

  @Test
  void whatIsMissingOrNoNetworkIsNotRead() {
    PolicyProgramSpec.Peers anyone = new PolicyProgramSpec.Peers(true, null, null, null);
    PolicyProgramSpec.Port port =
        new PolicyProgramSpec.Port(PolicyProgramSpec.Protocol.TCP, 80, null, null);

    for (PolicyProgramSpec.Rule rule :
        List.of(
            // no action, no ports, both, no protocol, reversed, no network
            new PolicyProgramSpec.Rule(0, null, true, null, anyone),
            rule(null, List.of(), anyone),
            rule(true, List.of(port), anyone),
            rule(null, List.of(new PolicyProgramSpec.Port(null, 80, null, null)), anyone),
            rule(
                null,
                List.of(new PolicyProgramSpec.Port(PolicyProgramSpec.Protocol.TCP, 80, 79, null)),
                anyone),
            rule(true, List.of(), null),
            rule(
                true,
                List.of(),
                new PolicyProgramSpec.Peers(
                    null,
                    null,
                    null,
                    List.of(new PolicyProgramSpec.Block("0.0.0.0/0", List.of("10.0.0.0/99"))))))) {
      assertThatThrownBy(() -> PolicyProgramReader.read(object(NAME, withRule(rule))))
          .as("%s", rule)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("PolicyProgram " + NAME + ": ");
    }
  }

  @Test
  void podsHaveTheProgramsOfTheirClass() {
    NodePolicySpec spec =
        new NodePolicySpec(
            List.of(new NodePolicySpec.PodClass("c-1", List.of(NAME))),
            List.of(
                new NodePolicySpec.Pod(
                    "uid-1",
                    "c-1",
                    List.of("10.244.1.7", "fd00::7"),
                    List.of(
                        new NodePolicySpec.NamedPort("http", PolicyProgramSpec.Protocol.TCP, 80))),
                new NodePolicySpec.Pod("uid-2", null, null, null)));

    assertThat(NodePolicyReader.read(json.unmarshal(json.asJson(node(spec)), NodePolicy.class)))
        .isEqualTo(
            new NodePolicyReader.Pods(
                List.of(
                    new PodEntry(
                        "uid-1",
                        Set.of(IpAddress.parse("10.244.1.7"), IpAddress.parse("fd00::7")),
                        Set.of(NAME),
                        List.of(new NamedPort("http", Protocol.TCP, 80))),
                    new PodEntry("uid-2", Set.of(), Set.of(), List.of())),
                Set.of()));
  }

  @Test
  void aPodWithoutItsClassIsNotAnOpenOne() {
    NodePolicySpec spec =
        new NodePolicySpec(
            List.of(
                new NodePolicySpec.PodClass("c-2", List.of(NAME)),
                new NodePolicySpec.PodClass("c-2", List.of())),
            List.of(
                new NodePolicySpec.Pod("uid-1", "c-1", null, null),
                new NodePolicySpec.Pod("uid-2", "c-2", null, null),
                new NodePolicySpec.Pod("uid-3", null, List.of("10.244.1"), null)));

    assertThat(NodePolicyReader.read(node(spec)))
        .isEqualTo(new NodePolicyReader.Pods(List.of(), Set.of("uid-1", "uid-2", "uid-3")));
  }

  private static Program program(Rule... ingress) {
    return new Program(
        NAME,
        new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "uid", 1),
        Tier.NETWORK_POLICY,
        0,
        Set.of(Direction.INGRESS),
        List.of(ingress),
        List.of());
  }

  private static PolicyProgramSpec withRule(PolicyProgramSpec.Rule rule) {
    PolicyProgramSpec spec = PolicyProgramWriter.write(program());
    return new PolicyProgramSpec(
        1, spec.policy(), spec.tier(), null, spec.isolates(), List.of(rule), List.of());
  }

  private static PolicyProgramSpec.Rule rule(
      Boolean everyPort, List<PolicyProgramSpec.Port> ports, PolicyProgramSpec.Peers peers) {
    return new PolicyProgramSpec.Rule(0, PolicyProgramSpec.Action.Accept, everyPort, ports, peers);
  }

  private static PolicyProgram object(String name, PolicyProgramSpec spec) {
    PolicyProgram object = new PolicyProgram();
    object.setMetadata(new ObjectMetaBuilder().withName(name).build());
    object.setSpec(spec);
    return object;
  }

  private static NodePolicy node(NodePolicySpec spec) {
    NodePolicy object = new NodePolicy();
    object.setMetadata(new ObjectMetaBuilder().withName("node-1").build());
    object.setSpec(spec);
    return object;
  }
}
