package dev.tweed.enforce.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.enforce.gate.GatePlanner.Admission;
import dev.tweed.enforce.gate.GatePlanner.Waiting;
import dev.tweed.enforce.gate.GatePlanner.Word;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyNames;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GatePlannerTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.244.1.2");
  private static final LocalPod POD =
      new LocalPod("u", "shop", "web", Set.of(ADDRESS), 7, Optional.empty());
  private static final Waiting NOBODY = new Waiting(false, Set.of());
  private static final Waiting SHOP = new Waiting(false, Set.of(PolicyNames.namespace("shop")));

  @Test
  void thePodIsAsTheOperatorSaysAtTheAddressTheRuntimeSays() {
    PodEntry told =
        new PodEntry("u", Set.of(IpAddress.parse("10.244.1.9")), Set.of("p-1"), List.of());

    Admission admission = plan(word(told, SHOP), Set.of(), Set.of());

    assertThat(admission.entries())
        .containsExactly(new PodEntry("u", Set.of(ADDRESS), Set.of("p-1"), List.of()));
    assertThat(admission.waiting()).isEmpty();
    assertThat(admission.free()).isEmpty();
  }

  @Test
  void withoutAWordItWaitsOnlyWherePoliciesCanSelectIt() {
    assertThat(plan(word(SHOP), Set.of(), Set.of()).waiting()).containsExactly(POD);
    assertThat(plan(word(new Waiting(true, Set.of())), Set.of(), Set.of()).waiting())
        .containsExactly(POD);
    assertThat(plan(new Word(List.of(), Set.of(), Optional.empty()), Set.of(), Set.of()).waiting())
        .as("nobody knows who waits")
        .containsExactly(POD);

    Admission open = plan(word(NOBODY), Set.of(), Set.of());

    assertThat(open.entries())
        .containsExactly(new PodEntry("u", Set.of(ADDRESS), Set.of(), List.of()));
    // And stays so when its namespace begins to wait.
    assertThat(plan(word(SHOP), open.free(), Set.of()).waiting()).isEmpty();
  }

  @Test
  void aPodWhoseEntryCannotBeReadIsClosedEvenIfItWasFree() {
    Word word = new Word(List.of(), Set.of("u"), Optional.of(NOBODY));

    assertThat(plan(word, Set.of("u"), Set.of()).waiting()).containsExactly(POD);
  }

  @Test
  void whatTheRuntimeDoesNotKnowIsByTheApisAddressWhereThatIsCertainlyItsOwn() {
    IpAddress other = IpAddress.parse("10.244.1.8");
    PodEntry told = new PodEntry("v", Set.of(other), Set.of("p-1"), List.of());
    PodEntry taken = new PodEntry("w", Set.of(ADDRESS), Set.of("p-1"), List.of());

    assertThat(plan(word(told, NOBODY), Set.of(), Set.of("v")).entries()).contains(told);
    assertThat(plan(word(told, NOBODY), Set.of(), Set.of()).entries())
        .as("it may be that of the boot before")
        .doesNotContain(told);
    assertThat(plan(word(taken, NOBODY), Set.of(), Set.of("w")).entries()).doesNotContain(taken);
  }

  @Test
  void anAddressOfTwoIsNobodys() {
    LocalPod twin = new LocalPod("t", "other", "twin", Set.of(ADDRESS), 8, Optional.empty());

    assertThat(GatePlanner.plan(List.of(POD, twin), word(NOBODY), Set.of(), Set.of()).entries())
        .hasSize(2)
        .allSatisfy(entry -> assertThat(entry.addresses()).isEmpty());
  }

  @Test
  void anAddressThatTheApiTellsOfTwoIsNobodys() {
    Set<IpAddress> addresses = Set.of(IpAddress.parse("10.244.1.8"));
    PodEntry one = new PodEntry("v", addresses, Set.of("p-1"), List.of());
    PodEntry other = new PodEntry("w", addresses, Set.of(), List.of());
    Word word = new Word(List.of(one, other), Set.of(), Optional.of(NOBODY));

    assertThat(plan(word, Set.of(), Set.of("v", "w")).entries()).doesNotContain(one, other);
  }

  private static Admission plan(Word word, Set<String> free, Set<String> byApi) {
    return GatePlanner.plan(List.of(POD), word, free, byApi);
  }

  private static Word word(PodEntry told, Waiting waiting) {
    return new Word(List.of(told), Set.of(), Optional.of(waiting));
  }

  private static Word word(Waiting waiting) {
    return new Word(List.of(), Set.of(), Optional.of(waiting));
  }
}
