package dev.tweed.operator.policy;

import static dev.tweed.operator.policy.Policies.applied;
import static dev.tweed.operator.policy.Policies.failing;
import static dev.tweed.operator.policy.Policies.node;
import static dev.tweed.operator.policy.Policies.policy;
import static dev.tweed.operator.policy.Policies.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PolicyTallyTest {
  private static final PolicyFacts WEB = policy("web", 4, Policies.from());

  private static PolicyTally tally(PolicyNode... nodes) {
    return PolicyTally.of(WEB, List.of(nodes));
  }

  @Test
  void aNodeThatReportedThisGenerationCounts() {
    PolicyTally tally = tally(node("n1", applied("other", 4), applied("web", 4)));

    assertThat(tally)
        .isEqualTo(new PolicyTally(1, 1, 0, 0, Optional.empty(), 0, List.of(), List.of()));
  }

  @Test
  void anotherGenerationIsNoWordYet() {
    PolicyTally tally =
        tally(node("n1", applied("web", 3)), node("n2", failing("web", 3, "X", "")));

    assertThat(tally.pending()).isEqualTo(2);
    assertThat(tally.firstPending()).contains("n1");
    assertThat(tally.failures()).isEmpty();
  }

  @Test
  void aGenerationThatThereIsNotYetIsNoWordEither() {
    assertThat(tally(node("n1", applied("web", 5))).pending()).isEqualTo(1);
  }

  @Test
  void whatWasSaidOfAPolicyThatIsGoneIsNoWordOfItsNamesake() {
    PolicyTally tally = tally(node("n1", new PolicyState("web", "uid-gone", 4L, true, null, null)));

    assertThat(tally.pending()).isEqualTo(1);
    assertThat(tally.applied()).isZero();
  }

  @Test
  void aNodeWithoutAReportOrWithoutAWordIsWaitedFor() {
    PolicyTally tally = tally(silent("n1"), node("n2"), node("n3", applied("web", 4)));

    assertThat(tally.pending()).isEqualTo(2);
    assertThat(tally.applied()).isEqualTo(1);
  }

  @Test
  void aNodeThatIsNotSelectedDoesNotMatter() {
    PolicyFacts chosen = policy("web", 4, Policies.on(Policies.label("role", "db")));
    PolicyNode db =
        new PolicyNode("n2", "u", Map.of("role", "db"), Optional.empty(), Optional.empty());

    PolicyTally tally = PolicyTally.of(chosen, List.of(node("n1", applied("web", 4)), db));

    assertThat(tally.selected()).isEqualTo(1);
    assertThat(tally.firstPending()).contains("n2");
  }

  @Test
  void failuresAreTheFirstByNameInTheNodesWords() {
    PolicyNode[] nodes =
        IntStream.range(10, 30)
            .mapToObj(i -> node("n" + i, failing("web", 4, "WouldLockOut", "rule ssh " + i)))
            .toArray(PolicyNode[]::new);

    PolicyTally tally = tally(nodes);

    assertThat(tally.failing()).isEqualTo(20);
    assertThat(tally.failures())
        .hasSize(Limits.FAILURES)
        .startsWith(new Failure("n10", "WouldLockOut", "rule ssh 10"));
  }

  @Test
  void aFailureWithoutWordsSaysWhereToLook() {
    assertThat(tally(node("n1", failing("web", 4, null, null))).failures())
        .containsExactly(
            new Failure("n1", "NotApplied", "kubectl get nodereport n1 -o yaml says more"));
  }

  @Test
  void whatIsWorthKnowingIsKeptByReason() {
    PolicyState nobody = new PolicyState("web", "uid-web", 4L, true, "MatchesNobody", "rule a");
    PolicyState other = new PolicyState("web", "uid-web", 4L, true, "MatchesNobody", "rule b");

    assertThat(tally(node("n1", nobody), node("n2", other)).remarks())
        .containsExactly(new PolicyTally.Remark("MatchesNobody", 2, "n1", "rule a"));
  }

  @Property(tries = 300)
  void everySelectedNodeIsCountedOnce(
      @ForAll @Size(max = 40) List<@IntRange(max = 4) Integer> kinds) {
    PolicyNode[] nodes =
        IntStream.range(0, kinds.size())
            .mapToObj(
                i ->
                    switch (kinds.get(i)) {
                      case 0 -> silent("n" + i);
                      case 1 -> node("n" + i);
                      case 2 -> node("n" + i, applied("web", 4));
                      case 3 -> node("n" + i, applied("web", 5));
                      default -> node("n" + i, failing("web", 4, "Locked", "by ufw"));
                    })
            .toArray(PolicyNode[]::new);

    PolicyTally tally = tally(nodes);

    assertThat(tally.selected()).isEqualTo(kinds.size());
    assertThat(tally.applied() + tally.pending() + tally.failing()).isEqualTo(kinds.size());
    assertThat(tally.firstPending().isPresent()).isEqualTo(tally.pending() > 0);
    assertThat(tally.failures()).hasSize(Math.min(tally.failing(), Limits.FAILURES));
  }
}
