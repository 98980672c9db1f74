package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.StatusMapper.Urgency;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.netlink.testing.Golden;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusMapperTest {

  private static final String NOW = "2026-02-03T04:05:06Z";
  private static final String EARLIER = "2026-01-01T00:00:00Z";

  private final StatusMapper mapper =
      new StatusMapper(
          Clock.fixed(Instant.parse(NOW).plusMillis(789), ZoneOffset.UTC), Optional.empty());

  @Test
  void aFaultIsATransitionWithItsReasonAndRemedy() {
    NodeReportStatus present = since(EARLIER);

    assertThat(
            mapper.reportStatus(
                Statuses.failed(Statuses.blocking()), List.of(), Optional.of(present)))
        .map(s -> s.conditions().getFirst())
        .hasValue(
            new Condition(
                "Ready",
                "False",
                "ModuleMissing",
                "the kernel has no module vxlan; apt install linux-modules-extra-raspi",
                NOW,
                null));
  }

  @Test
  void aProgrammedNodeWhosePodsCannotWorkIsNotReady() {
    NodeFinding blocks = new NodeFinding("HostFirewallBlocks", true, "ufw", "ufw drops", "open it");

    // And every finding is a condition
    assertThat(
            mapper
                .reportStatus(Statuses.ready(blocks), List.of(), Optional.empty())
                .orElseThrow()
                .conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .containsExactly(
            tuple("Ready", "False", "HostFirewallBlocks"),
            tuple("Programmed", "True", "Programmed"),
            tuple("Reachable", "True", "PeersAnswer"),
            tuple("Connected", "True", "APIAnswers"),
            tuple("HostFirewallBlocks", "True", "HostFirewallBlocks"));
  }

  @Test
  void aNodeThatNobodyAnswersIsProgrammedAndNotReady() {
    NodeStatus status = Statuses.probed(Statuses.nobodyAnswers());

    assertThat(mapper.reportStatus(status, List.of(), Optional.empty()).orElseThrow().conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .containsExactly(
            tuple("Ready", "False", "NoPeerAnswers"),
            tuple("Programmed", "True", "Programmed"),
            tuple("Reachable", "False", "NoPeerAnswers"),
            tuple("Connected", "True", "APIAnswers"),
            tuple("NoPeerAnswers", "True", "NoPeerAnswers"));
  }

  @Test
  void aNodeThatHearsNothingOfTheApiServerIsReadyAndNotConnected() {
    NodeReportStatus before =
        mapper.reportStatus(Statuses.ready(), List.of(), Optional.empty()).orElseThrow();

    assertThat(mapper.urgency(Statuses.deaf(), List.of(), before)).isEqualTo(Urgency.AT_ONCE);
    assertThat(
            mapper
                .reportStatus(Statuses.deaf(), List.of(), Optional.of(before))
                .orElseThrow()
                .conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .containsExactly(
            tuple("Ready", "True", "Programmed"),
            tuple("Programmed", "True", "Programmed"),
            tuple("Reachable", "True", "PeersAnswer"),
            tuple("Connected", "False", "APISilent"));
  }

  @Test
  void whatPeopleWaitForIsUrgentAndFiguresAndTextsAreNot() {
    NodeStatus before = Statuses.ready(Statuses.notable());
    NodeReportStatus told = mapper.reportStatus(before, List.of(), Optional.empty()).orElseThrow();
    NodeFinding reworded = new NodeFinding("InvalidPeer", false, "NodeSubnet/y", "again", "");

    assertThat(mapper.urgency(before, List.of(), told)).isEqualTo(Urgency.NONE);
    assertThat(mapper.urgency(Statuses.ready(reworded), List.of(), told))
        .isEqualTo(Urgency.REGULAR);
    assertThat(
            mapper.urgency(
                with(
                    before,
                    new Firewall("ufw", "Active", "seen", "ufw", "why", 99, null),
                    policies(1L, "another text")),
                List.of(),
                told))
        .isEqualTo(Urgency.REGULAR);

    assertThat(mapper.urgency(Statuses.ready(), List.of(), told)).isEqualTo(Urgency.AT_ONCE);
    assertThat(mapper.urgency(before, List.of(Statuses.own()), told)).isEqualTo(Urgency.AT_ONCE);
    assertThat(mapper.urgency(Statuses.failed(Statuses.blocking()), List.of(), told))
        .isEqualTo(Urgency.AT_ONCE);
    Firewall ufw = before.firewall().orElseThrow();
    assertThat(mapper.urgency(with(before, ufw, policies(2L, "again")), List.of(), told))
        .isEqualTo(Urgency.AT_ONCE);
    Firewall moved = new Firewall("ufw", "Active", "seen", "nftables", "why", 21, null);
    assertThat(mapper.urgency(with(before, moved, before.policies()), List.of(), told))
        .isEqualTo(Urgency.AT_ONCE);
  }

  @Test
  void theOperatorHearsAtOnceOfAddressesOfLinks() {
    NodeStatus before = Statuses.ready();
    NodeReportStatus told = mapper.reportStatus(before, List.of(), Optional.empty()).orElseThrow();
    List<NodeReportStatus.LinkAddress> found =
        List.of(new NodeReportStatus.LinkAddress("eth1", "192.168.56.11"));
    NodeStatus after =
        new NodeStatus(
            before.sync().withAddresses(found),
            before.connected(),
            before.surroundings(),
            before.firewallStatus(),
            before.reachability(),
            before.repairs(),
            Optional.empty());

    assertThat(mapper.urgency(after, List.of(), told)).isEqualTo(Urgency.AT_ONCE);
    assertThat(mapper.reportStatus(after, List.of(), Optional.of(told)).orElseThrow().addresses())
        .isEqualTo(found);
  }

  /** A daemon that starts anew has it again before a report is due. */
  @Test
  void theFastPathIsToldAndNobodyWaitsForIt() {
    NodeReportStatus told =
        mapper.reportStatus(Statuses.ready(), List.of(), Optional.empty()).orElseThrow();
    NodeStatus off =
        Statuses.withFastPath(
            new NodeReportStatus.FastPath("Off", "ProgramRefused", "x".repeat(4000)));

    assertThat(mapper.urgency(off, List.of(), told)).isEqualTo(Urgency.REGULAR);
    assertThat(mapper.reportStatus(off, List.of(), Optional.of(told)).orElseThrow().fastPath())
        .satisfies(
            fastPath -> {
              assertThat(fastPath.reason()).isEqualTo("ProgramRefused");
              assertThat(fastPath.message()).hasSize(2048).endsWith("...");
            });
  }

  @Test
  void whatAPeerThatJoinsChangesIsFigures() {
    NodeReportStatus told =
        mapper.reportStatus(Statuses.withPeers(2), List.of(), Optional.empty()).orElseThrow();
    NodeStatus joined = Statuses.withPeers(3);
    Firewall f = joined.firewall().orElseThrow();

    assertThat(mapper.urgency(joined, List.of(), told)).isEqualTo(Urgency.FIGURES);
    assertThat(
            mapper.urgency(
                with(
                    joined,
                    new Firewall(
                        f.manager(),
                        f.state(),
                        f.reason(),
                        f.backend(),
                        f.backendReason(),
                        f.rules() + 1,
                        f.forward()),
                    joined.policies()),
                List.of(),
                told))
        .isEqualTo(Urgency.FIGURES);
  }

  /** Whatever a report gets, it is written in time, unless somebody says here that it may wait. */
  @Test
  void nothingElseIsFigures() throws JsonProcessingException {
    NodeStatus status =
        with(
            Statuses.probed(
                new Reachability(Reachability.Proof.PROBES, 3, 3, 1, List.of(), Map.of())),
            new Firewall("ufw", "Active", "seen", "ufw", "why", 21, Firewall.FORWARD_PASSES),
            policies(1L, "text"));
    ObjectMapper json = new ObjectMapper();
    JsonNode told =
        json.valueToTree(
            mapper.reportStatus(status, List.of(Statuses.own()), Optional.empty()).orElseThrow());
    List<String> figures = new ArrayList<>();
    for (String leaf : leaves(told, "")) {
      JsonNode before = told.deepCopy();
      String name = leaf.substring(leaf.lastIndexOf('/') + 1);
      JsonNode parent = before.at(leaf.substring(0, leaf.lastIndexOf('/')));
      if (parent instanceof ObjectNode object) {
        object.remove(name);
      } else {
        ((ArrayNode) parent).remove(Integer.parseInt(name));
      }
      if (mapper.urgency(
              status, List.of(Statuses.own()), json.treeToValue(before, NodeReportStatus.class))
          == Urgency.FIGURES) {
        figures.add(leaf);
      }
    }

    assertThat(figures)
        .containsExactlyInAnyOrder(
            "/conditions/2/message", // Reachable
            "/dataPath/peersExpected",
            "/dataPath/peersProgrammed",
            "/reachability/probed",
            "/reachability/answered",
            "/reachability/byEcho",
            "/firewall/rules");
  }

  private static List<String> leaves(JsonNode of, String path) {
    List<String> leaves = new ArrayList<>();
    of.properties().forEach(e -> leaves.addAll(leaves(e.getValue(), path + "/" + e.getKey())));
    for (int i = 0; of.isArray() && i < of.size(); i++) {
      leaves.addAll(leaves(of.get(i), path + "/" + i));
    }
    return of.isValueNode() ? List.of(path) : leaves;
  }

  private static NodeStatus with(NodeStatus status, Firewall firewall, List<PolicyState> policies) {
    return new NodeStatus(
        status.sync(),
        status.connected(),
        List.of(),
        Optional.of(new FirewallStatus(firewall, policies, List.of())),
        status.reachability(),
        status.repairs(),
        Optional.empty());
  }

  private static List<PolicyState> policies(long generation, String message) {
    return List.of(
        new PolicyState("api", "uid-api", 3L, true, null, null),
        new PolicyState("db", "uid-db", generation, false, "WouldLockOut", message));
  }

  @Test
  void ofManyUnreachedPeersThoseThatLiveAreTold() {
    List<UnreachedPeer> peers =
        IntStream.range(2, 32)
            .mapToObj(i -> Statuses.peer(i, Cause.REJECTED, i > 25, Where.ARRIVING))
            .toList();

    NodeReportStatus report =
        mapper
            .reportStatus(
                Statuses.probed(new Reachability(Reachability.Proof.PROBES, 30, 0, peers)),
                List.of(),
                Optional.empty())
            .orElseThrow();

    assertThat(report.reachability().unreached())
        .hasSize(10)
        .extracting(NodeReportStatus.UnreachedPeer::node)
        .startsWith("n26", "n27", "n28", "n29", "n30", "n31", "n2");
    assertThat(report.reachability().unreached().getFirst())
        .isEqualTo(
            new NodeReportStatus.UnreachedPeer(
                "n26",
                "10.244.26.0/24",
                "Rejected",
                "Arriving",
                "2026-02-03T04:05:06Z",
                true,
                true,
                "192.0.2.26",
                null));
  }

  @Test
  void theTransitionTimeStaysWhileTheStatusDoes() {
    // When only the generation of a block is new
    assertThat(
            mapper.reportStatus(
                Statuses.ready(), List.of(Statuses.own("uid", 2)), Optional.of(since(EARLIER))))
        .map(s -> s.conditions().getFirst().lastTransitionTime())
        .hasValue(EARLIER);
  }

  @Test
  void aReportTellsEverything() throws JsonProcessingException {
    NodeReportStatus report =
        mapper
            .reportStatus(
                Statuses.failed(Statuses.notable(), Statuses.blocking()),
                List.of(Statuses.own()),
                Optional.empty())
            .orElseThrow();

    Golden.assertMatches(
        "report.json",
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
  }

  @Test
  void aReportThatSaysTheSameIsNotWritten() {
    NodeReportStatus present =
        mapper.reportStatus(Statuses.ready(), List.of(), Optional.empty()).orElseThrow();

    assertThat(mapper.reportStatus(Statuses.ready(), List.of(), Optional.of(present))).isEmpty();
  }

  @Test
  void noEmptyObjectIsWritten() throws JsonProcessingException {
    NodeReportStatus bare =
        mapper.reportStatus(Statuses.idle(), List.of(), Optional.empty()).orElseThrow();

    // Server-side apply makes null of one where an earlier report had more, and null is refused.
    assertThat(new ObjectMapper().writeValueAsString(bare)).doesNotContain("{}");
  }

  @Test
  void aNodeWithNothingToDoIsReady() {
    assertThat(mapper.reportStatus(Statuses.idle(), List.of(), Optional.empty()))
        .map(r -> r.conditions().getFirst())
        .hasValue(
            new Condition(
                "Ready", "True", "NothingToDo", "no PodNetwork selects this node", NOW, null));
  }

  @Test
  void listsStayWithinWhatTheSchemaTakes() {
    NodeFinding[] many =
        IntStream.range(0, 200)
            .mapToObj(i -> new NodeFinding("R" + i, false, "o".repeat(300), "m".repeat(5000), ""))
            .toArray(NodeFinding[]::new);

    NodeReportStatus report =
        mapper.reportStatus(Statuses.ready(many), List.of(), Optional.empty()).orElseThrow();

    assertThat(report.findings()).hasSize(64);
    assertThat(report.findings().getLast())
        .returns("MoreFindings", NodeReportStatus.Finding::reason)
        .returns("137 more findings are left out here", NodeReportStatus.Finding::message);
    assertThat(report.findings().getFirst().object()).hasSize(256);
    assertThat(report.conditions()).hasSize(16);
    assertThat(report.conditions().getLast().message()).hasSize(2048);
  }

  @Test
  void policiesThatAReportHasNoRoomForAreNamed() {
    List<PolicyState> policies =
        IntStream.range(0, 519)
            .mapToObj(i -> new PolicyState("p%03d".formatted(i), "uid", 1L, i != 518, null, null))
            .toList();
    NodeStatus status =
        Statuses.idle(
            Optional.of(
                new FirewallStatus(
                    new NodeReportStatus.Firewall("ufw", "Active", "seen", "ufw", "", 0, null),
                    policies,
                    List.of())));

    NodeReportStatus report =
        mapper.reportStatus(status, List.of(), Optional.empty()).orElseThrow();

    // What is not in force is told whatever its name.
    assertThat(report.policies()).hasSize(512).contains(policies.get(518));
    assertThat(report.policies()).extracting(PolicyState::name).isSorted();
    assertThat(report.findings())
        .singleElement()
        .returns("TooManyPolicies", NodeReportStatus.Finding::reason)
        .returns(
            "519 select this node, and a NodeReport tells of 512, first of those not in force;"
                + " left out: p511, p512, p513, p514, p515 and 2 more",
            NodeReportStatus.Finding::message);
  }

  /** What a node that is ready wrote at that time. */
  private static NodeReportStatus since(String time) {
    return new StatusMapper(Clock.fixed(Instant.parse(time), ZoneOffset.UTC), Optional.empty())
        .reportStatus(Statuses.ready(), List.of(Statuses.own()), Optional.empty())
        .orElseThrow();
  }
}
