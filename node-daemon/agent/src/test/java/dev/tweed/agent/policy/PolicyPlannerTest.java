package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ClusterView.Listing;
import dev.tweed.agent.policy.PolicyPlanner.Facts;
import dev.tweed.agent.policy.PolicyPlanner.Plan;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyPlannerTest {

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # listing,  exist, listed, results, first, fromMemory, marked, table, startsOpen, plan
            AWAITED,  false, false,  true,    true,  false,      false,  false, false,      WAIT
            AWAITED,  false, false,  true,    true,  true,       false,  false, false,      KEEP
            REFUSED,  false, false,  true,    true,  false,      false,  false, false,      KEEP
            AWAITED,  false, false,  true,    true,  false,      true,   false, false,      CLOSE
            REFUSED,  false, false,  true,    true,  false,      true,   false, false,      CLOSE
            AWAITED,  false, false,  true,    true,  false,      true,   false, true,       KEEP
            AWAITED,  false, false,  true,    true,  false,      true,   true,  false,      KEEP
            RECEIVED, false, false,  true,    true,  false,      true,   true,  false,      LOOK
            RECEIVED, false, true,   true,    true,  false,      true,   true,  false,      REMOVE
            RECEIVED, true,  false,  true,    true,  false,      true,   true,  false,      KEEP
            RECEIVED, true,  false,  true,    true,  false,      false,  false, false,      WAIT
            RECEIVED, true,  true,   true,    true,  false,      false,  false, false,      ENFORCE
            RECEIVED, true,  false,  true,    false, false,      true,   true,  false,      ENFORCE
            RECEIVED, true,  true,   false,   true,  false,      true,   false, false,      CLOSE
          """)
  void whatIsKnownSaysWhatIsDone(
      Listing listing,
      boolean exist,
      boolean listed,
      boolean results,
      boolean first,
      boolean fromMemory,
      boolean marked,
      boolean table,
      boolean startsOpen,
      Plan plan) {
    assertThat(
            PolicyPlanner.plan(
                new Facts(listing, exist, listed, results, first, fromMemory, marked, table),
                startsOpen))
        .isEqualTo(plan);
  }

  /** Where there were policies, what is in the kernel goes only when it is known there are none. */
  @Property
  void nothingIsOpenedForWantOfKnowledge(
      @ForAll Listing listing,
      @ForAll boolean exist,
      @ForAll boolean listed,
      @ForAll boolean results,
      @ForAll boolean first,
      @ForAll boolean fromMemory,
      @ForAll boolean marked,
      @ForAll boolean table,
      @ForAll boolean startsOpen) {
    Facts facts = new Facts(listing, exist, listed, results, first, fromMemory, marked, table);

    Plan plan = PolicyPlanner.plan(facts, startsOpen);

    if (plan == Plan.REMOVE) {
      assertThat(facts.listing()).isEqualTo(Listing.RECEIVED);
      assertThat(facts.listed() && !facts.exist()).isTrue();
    }
    if (facts.marked() && !facts.table() && !startsOpen) {
      assertThat(plan).isNotIn(Plan.KEEP, Plan.WAIT);
    }
    if (plan.needsPods()) {
      assertThat(facts.results()).isTrue();
    }
  }
}
