package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.policy.Action;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Policies of a CRD or an API server that is newer, or whose checks somebody has got past. */
class PolicyReadersTest {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private static final String CLUSTER =
      """
      apiVersion: policy.networking.k8s.io/v1beta1
      kind: ClusterNetworkPolicy
      metadata: {name: guard, uid: guard, generation: 1}
      spec:
        tier: Admin
        priority: 10
        subject: {pods: {namespaceSelector: {matchLabels: {team: a}}, podSelector: {}}}
        ingress:
          - {name: first, action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}
          - {action: Deny, from: [{pods: {podSelector: {matchExpressions: [{key: app, operator: In, values: [x]}]}}}]}
        egress:
          - {action: Pass, to: [{networks: [192.0.2.0/24]}], protocols: [{udp: {}}]}
      """;

  private static final String NAMESPACED =
      """
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: web, namespace: shop, uid: web, generation: 1}
      spec:
        podSelector: {matchLabels: {app: web}}
        policyTypes: [Ingress, Egress]
        ingress:
          - from: [{podSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.0/28]}}]
            ports: [{port: 80}, {port: http, protocol: UDP}, {port: 100, endPort: 200}]
        egress: [{}]
      """;

  @Test
  void whatIsUnderstoodIsInForceAsItIsWritten() {
    assertThat(cluster(CLUSTER).unread()).isEmpty();
    assertThat(namespaced(NAMESPACED).unread()).isEmpty();
  }

  /** As the CRD has it: only the selector of pods is required. */
  @Test
  void withoutASelectorOfNamespacesPodsAreThoseOfAllNamespaces() {
    PolicyObject policy =
        cluster(CLUSTER.replace("namespaceSelector: {matchLabels: {team: a}}, ", ""));

    assertThat(policy.unread()).isEmpty();
    assertThat(policy.selects("any", Map.of(), Map.of())).isTrue();
  }

  @Test
  void aPolicyWithoutAKnownPlaceComesFirstDeniesAndOpensNothing() {
    for (String unplaced :
        List.of(
            CLUSTER.replace("tier: Admin", "tier: Later"),
            CLUSTER.replace("tier: Admin\n", "\n"),
            CLUSTER.replace("priority: 10", "priority: 1001"),
            CLUSTER.replace("priority: 10", "priority: high"))) {
      PolicyObject policy = cluster(unplaced);
      Program program = compile(policy);

      assertThat(policy.unread())
          .singleElement()
          .asString()
          .containsPattern("^spec\\.(tier|priority) \\(.*\\): its rules that accept match nobody");
      assertThat(program.tier()).isEqualTo(Tier.ADMIN);
      assertThat(program.priority()).isZero();
      assertThat(program.ingress()).extracting(Rule::action).contains(Action.DENY);
      assertThat(program.egress()).extracting(Rule::action).containsExactly(Action.DENY);
      assertThat(program.egress().getFirst().peers().blocks()).hasSize(1);
      assertThat(accepting(program)).isEmpty();
    }
  }

  @Test
  void aSubjectThatIsNotUnderstoodSelectsNobodyAndIsTold() {
    for (String subject :
        List.of(
            "{nodes: {}}",
            "{pods: {podSelector: {}, serviceAccounts: {}}}",
            "{namespaces: {matchExpressions: [{key: a, operator: Like, values: [b]}]}}")) {
      PolicyObject policy = cluster(CLUSTER.replaceFirst("subject: .*", "subject: " + subject));

      assertThat(policy.unread())
          .containsExactly("spec.subject: it selects no pod, and is not in force at all");
      assertThat(policy.selects("shop", Map.of("team", "a"), Map.of())).isFalse();
    }
  }

  @Test
  void whatIsNotUnderstoodOfARuleClosesAndIsNamed() {
    assertAccept(
        "action: Accept",
        "action: Log",
        "spec.ingress[0].action (\"Log\"): the rule denies everything");
    assertAccept("name: first", "sourcePort: 7", "spec.ingress[0].sourcePort: matches nothing");
    assertAccept("{namespaces: {}}", "{nodes: {}}", "spec.ingress[0].from[0]: matches nothing");
    assertAccept(
        "{tcp: {destinationPort: {number: 80}}}",
        "{quic: {}}",
        "spec.ingress[0].protocols[0]: matches nothing");

    PolicyObject policy = cluster(CLUSTER.replace("operator: In", "operator: Like"));
    assertThat(policy.unread())
        .containsExactly("spec.ingress[1].from[0]: the rule denies everything");
    assertThat(compile(policy).ingress().get(1).peers().anyone()).isTrue();
    assertThat(cluster(CLUSTER.replace("priority:", "later: 1\n  priority:")).unread())
        .containsExactly("spec.later: it is ignored");
  }

  private static void assertAccept(String known, String unknown, String told) {
    PolicyObject policy = cluster(CLUSTER.replace(known, unknown));

    assertThat(policy.unread()).containsExactly(told);
    assertThat(accepting(compile(policy))).isEmpty();
  }

  @Test
  void whatIsNotUnderstoodOfANetworkPolicyMatchesNothingAndIsNamed() {
    PolicyObject policy =
        namespaced(
            NAMESPACED
                .replace("{podSelector: {}}", "{serviceAccount: x}")
                .replace("{port: 80}", "{port: 80, protocol: QUIC}")
                .replace("[Ingress, Egress]", "[Ingress, Egress, Forward]")
                .replace("egress: [{}]", "egress: [{when: night}]\n  later: 1"));

    assertThat(policy.unread())
        .containsExactlyInAnyOrder(
            "spec.ingress[0].from[0]: matches nothing",
            "spec.ingress[0].ports[0]: matches nothing",
            "spec.egress[0].when: matches nothing",
            "spec.policyTypes (Forward): it is ignored",
            "spec.later: it is ignored");
    Program program = compile(policy);
    assertThat(program.ingress()).singleElement().satisfies(r -> assertThat(r.ports()).hasSize(2));
    assertThat(accepting(program)).hasSize(1);

    assertThat(namespaced(NAMESPACED.replace("{matchLabels: {app: web}}", "{matchNames: [web]}")))
        .satisfies(
            p -> {
              assertThat(p.unread())
                  .containsExactly("spec.podSelector: it selects every pod of the namespace");
              assertThat(p.selects("shop", Map.of(), Map.of())).isTrue();
            });
  }

  /** Nothing that a CRD without checks lets through stops the watch, or goes untold. */
  @Property(tries = 500)
  void anythingCanBeRead(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int times) {
    ObjectMapper json = new ObjectMapper();
    JsonNode object = json.valueToTree(YAML.unmarshal(CLUSTER));
    Random random = new Random(seed);
    for (int i = 0; i < times; i++) {
      spoil(object.get("spec"), random);
    }
    PolicyObject policy =
        ClusterNetworkPolicyReader.read(json.convertValue(object, GenericKubernetesResource.class));

    Program program = compile(policy);

    // Only the first rule of ingress accepts, and only what it says
    assertThat(accepting(program))
        .hasSizeLessThanOrEqualTo(1)
        .allSatisfy(
            r ->
                assertThat(r.everyPort())
                    .isEqualTo(object.at("/spec/ingress/0/protocols").isEmpty()));
  }

  private static void spoil(JsonNode root, Random random) {
    List<Runnable> changes = new ArrayList<>();
    collect(root, random, changes);
    changes.get(random.nextInt(changes.size())).run();
  }

  private static void collect(JsonNode node, Random random, List<Runnable> changes) {
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        changes.add(() -> object.set(field.getKey(), junk(random)));
        changes.add(() -> object.remove(field.getKey()));
        collect(field.getValue(), random, changes);
      }
      changes.add(() -> object.set("later", junk(random)));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        int index = i;
        changes.add(() -> array.set(index, junk(random)));
        collect(array.get(i), random, changes);
      }
    }
  }

  private static JsonNode junk(Random random) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (random.nextInt(6)) {
      case 0 -> json.nullNode();
      case 1 -> json.numberNode(random.nextInt());
      case 2 -> json.textNode("Junk \u0000 \"" + random.nextInt());
      case 3 -> json.objectNode();
      case 4 -> json.arrayNode().add(json.objectNode()).add("x");
      default -> json.objectNode().put("later", true);
    };
  }

  /** Rules that accept from or to anybody. */
  private static List<Rule> accepting(Program program) {
    List<Rule> rules = new ArrayList<>(program.ingress());
    rules.addAll(program.egress());
    rules.removeIf(
        r ->
            r.action() != Action.ACCEPT
                || !r.everyPort() && r.ports().isEmpty()
                || !r.peers().anyone()
                    && !r.peers().allPods()
                    && r.peers().sets().isEmpty()
                    && r.peers().blocks().isEmpty());
    return rules;
  }

  private static Program compile(PolicyObject policy) {
    return NetworkPolicyCompiler.compile(policy, name -> List.of()).program();
  }

  private static PolicyObject cluster(String yaml) {
    return ClusterNetworkPolicyReader.read(YAML.unmarshal(yaml, GenericKubernetesResource.class));
  }

  private static PolicyObject namespaced(String yaml) {
    return NetworkPolicyReader.read(YAML.unmarshal(yaml, NetworkPolicy.class));
  }
}
