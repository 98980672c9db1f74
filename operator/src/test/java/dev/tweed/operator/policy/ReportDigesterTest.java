package dev.tweed.operator.policy;

import static dev.tweed.operator.policy.Policies.applied;
import static dev.tweed.operator.policy.Policies.failing;
import static dev.tweed.operator.policy.Policies.report;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.UnreachedPeer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportDigesterTest {
  private final ReportDigester digester = new ReportDigester();

  private ReportDigest digest(NodeReportStatus status) {
    return digester.digest("uid", Optional.of(status));
  }

  @Test
  void aReportNobodyHasWrittenSaysNothing() {
    assertThat(digester.digest("uid", Optional.empty()))
        .isEqualTo(
            new ReportDigest(
                "uid",
                List.of(),
                DataPathDigest.NONE,
                List.of(),
                0,
                ReachDigest.NONE,
                "",
                List.of()));
  }

  @Test
  void aVerdictIsFoundInWhateverOrderTheyCome() {
    ReportDigest digest =
        digest(
            report(
                0,
                applied("web", 2),
                failing("ssh", 1, "WouldLockOut", "rule a"),
                applied("api", 9)));

    assertThat(digest.verdict("ssh"))
        .contains(new PolicyVerdict("ssh", "uid-ssh", 1, false, "WouldLockOut", "rule a"));
    assertThat(digest.verdict("api").map(PolicyVerdict::generation)).contains(9L);
    assertThat(digest.verdict("web").map(PolicyVerdict::generation)).contains(2L);
    assertThat(digest.verdict("none")).isEmpty();
  }

  @Test
  void repairsOfTheFirewallAreCountedAndNoOthers() {
    assertThat(digest(report(3)).firewallRepairs()).isEqualTo(3);
  }

  @Test
  void ofUnreachedNodesThoseThatWereAskedAreKept() {
    ReportDigest digest =
        digest(
            Policies.reach(
                new Condition("Reachable", "False", "NoPeerAnswers", "", "", null),
                unreached("n2", "Silent", "Arriving", true, true, null),
                unreached("unasked", "NotSent", "Leaving", true, false, null),
                unreached("off", "Silent", "Unknown", true, false, null),
                unreached("new", "Silent", "Unknown", false, true, null),
                unreached("n3", "Rejected", "NotArriving", true, true, null),
                unreached("n4", "LargeLost", "Unknown", null, null, 1400),
                unreached("n5", "Silent", "FromTheFuture", true, true, null)));

    assertThat(digest.reach())
        .isEqualTo(
            new ReachDigest(
                ReachDigest.Status.FALSE,
                "NoPeerAnswers",
                List.of(
                    new ReachDigest.Unreached("n2", false, true, true, ReachDigest.Where.HERE, 0),
                    new ReachDigest.Unreached(
                        "off", false, false, true, ReachDigest.Where.UNKNOWN, 0),
                    new ReachDigest.Unreached(
                        "new", false, true, false, ReachDigest.Where.UNKNOWN, 0),
                    new ReachDigest.Unreached(
                        "n3", false, true, true, ReachDigest.Where.NOT_ARRIVING, 0),
                    new ReachDigest.Unreached(
                        "n4", true, true, true, ReachDigest.Where.UNKNOWN, 1400),
                    new ReachDigest.Unreached(
                        "n5", false, true, true, ReachDigest.Where.UNKNOWN, 0))));
  }

  @Test
  void whomASilentDaemonDidNotReachIsNotKnownAnyMore() {
    ReportDigest digest =
        digest(
            Policies.reach(
                new Condition("Reachable", "Unknown", "DaemonSilent", "", "", null),
                unreached("n2", "Silent", "Arriving", true, true, null)));

    assertThat(digest.isSilent()).isTrue();
    assertThat(digest.reach().unreached()).isEmpty();
  }

  private static UnreachedPeer unreached(
      String node,
      String cause,
      String where,
      Boolean everAnswered,
      Boolean lives,
      Integer largest) {
    return new UnreachedPeer(
        node, "10.244.2.0/24", cause, where, "", everAnswered, lives, null, largest);
  }

  @Test
  void whatNodesSayAlikeIsOneObject() {
    ReportDigest one = digest(report(0, applied("web", 2), failing("a", 1, "Locked", "by ufw")));
    ReportDigest other = digest(report(0, applied("web", 2)));
    ReportDigest same = digest(report(5, applied("web", 2)));

    assertThat(other.verdicts().getFirst()).isSameAs(one.verdicts().getLast());
    assertThat(same.verdicts()).isSameAs(other.verdicts());
  }

  @Test
  void oneCauseKeepsItsWordsForEveryPolicy() {
    ReportDigest digest = digest(report(0, failures(200, i -> "the lock is held")));

    assertThat(digest.verdicts()).allMatch(v -> v.message().equals("the lock is held"));
  }

  @Test
  void ofManyWordsAFewAreKept() {
    ReportDigest digest = digest(report(0, failures(200, i -> "rule " + i)));

    assertThat(digest.verdicts()).filteredOn(v -> !v.message().isEmpty()).hasSize(8);
    assertThat(digest.verdicts()).allMatch(v -> v.reason().equals("InvalidRule"));
  }

  /** In the worst case all say something different of every policy, 512 characters each. */
  @Test
  void digestsOfAllNodesFitIntoASmallHeap() {
    assertThat(heap(5_000, i -> report(0, wellApplied(200))))
        .as("bytes, all well")
        .isLessThan(3_000_000);
    assertThat(heap(5_000, i -> report(0, inRollout(200, i))))
        .as("bytes, in the middle of 200 rollouts")
        .isLessThan(8_000_000);
    assertThat(
            heap(
                1_000,
                i ->
                    report(
                        0, failures(200, p -> (i + " " + p + "x".repeat(512)).substring(0, 512)))))
        .as("bytes of a fifth of the nodes, the worst that can be")
        .isLessThan(12_000_000);
  }

  private static PolicyState[] wellApplied(int policies) {
    return IntStream.range(0, policies)
        .mapToObj(p -> Policies.applied("policy-%03d".formatted(p), 3))
        .toArray(PolicyState[]::new);
  }

  private static PolicyState[] inRollout(int policies, int node) {
    return IntStream.range(0, policies)
        .mapToObj(
            p -> Policies.applied("policy-%03d".formatted(p), 3 + (node * 31 + p * 17) % 7 / 6))
        .toArray(PolicyState[]::new);
  }

  private static PolicyState[] failures(int policies, IntFunction<String> message) {
    return IntStream.range(0, policies)
        .mapToObj(p -> failing("policy-%03d".formatted(p), 1, "InvalidRule", message.apply(p)))
        .toArray(PolicyState[]::new);
  }

  private static long heap(int nodes, IntFunction<NodeReportStatus> report) {
    long before = used();
    ReportDigester digester = new ReportDigester();
    Map<String, ReportDigest> kept = new HashMap<>();
    for (int i = 0; i < nodes; i++) {
      String name = "node-%04d.example.org".formatted(i);
      kept.put(name, digester.digest("uid-of-" + name, Optional.of(report.apply(i))));
    }
    long after = used();
    assertThat(kept).hasSize(nodes);
    assertThat(new ArrayList<>(kept.values()).getLast().verdict("policy-199")).isPresent();
    return after - before;
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 4; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
