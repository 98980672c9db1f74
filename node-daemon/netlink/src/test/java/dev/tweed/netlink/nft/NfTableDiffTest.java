package dev.tweed.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.nft.NfExpression.AnyOf;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NfTableDiffTest {

  private static final NfTable TABLE = SampleTable.TABLE;
  private static final NfChain CHAIN = new NfChain(TABLE, "c", Optional.empty());
  private static final NfSet SET = SampleTable.SETS.getFirst();

  /** What somebody did to a table. */
  private enum Change {
    DORMANT,
    MORE_OBJECTS,
    ANOTHER_CHAIN,
    ANOTHER_SET,
    ANOTHER_CONSTANT
  }

  @Test
  void whatIsNotThereIsMade() {
    assertThat(NfTableDiff.between(Optional.empty(), content("a", "b")))
        .isEqualTo(NfTableDiff.replacement(content("a", "b")));
  }

  @Property
  void rulesBecomeThoseWanted(
      @ForAll("comments") List<String> before, @ForAll("comments") List<String> after) {
    NfTableDiff.Found found = found(before);

    List<NfRequest> requests = NfTableDiff.between(Optional.of(found), content(after));

    assertThat(apply(found.rules(), requests)).isEqualTo(content(after).rules());
    assertThat(requests.isEmpty()).isEqualTo(before.equals(after));
  }

  @Test
  void rulesAroundAChangeStay() {
    assertThat(
            NfTableDiff.between(Optional.of(found(List.of("a", "b", "c"))), content("a", "x", "c")))
        .containsExactly(
            new NfRequest.DeleteRule(TABLE, "c", 2), new NfRequest.InsertRule(rule("x"), 3));
  }

  @Test
  void aRuleWithoutItsDigestIsAnother() {
    NfRule changed = new NfRule(TABLE, "c", rule("a").expressions(), "a");
    NfTableDiff.Found found = found(List.of("a"));

    assertThat(
            NfTableDiff.between(
                Optional.of(
                    new NfTableDiff.Found(
                        found.state(),
                        found.sets(),
                        found.chains(),
                        List.of(new NfRuleState(1, changed)))),
                content("a")))
        .containsExactly(new NfRequest.DeleteRule(TABLE, "c", 1), new NfRequest.AddRule(rule("a")));
  }

  @ParameterizedTest
  @EnumSource
  void whatElseDiffersReplacesTheTable(Change change) {
    NfTableDiff.Found found = found(List.of("a"));
    NfTableDiff.Found changed =
        new NfTableDiff.Found(
            new NfTableState(
                TABLE,
                change == Change.DORMANT,
                found.state().objects() + (change == Change.MORE_OBJECTS ? 1 : 0)),
            change == Change.ANOTHER_SET ? List.of() : found.sets(),
            change == Change.ANOTHER_CHAIN ? List.of(SampleTable.INPUT) : found.chains(),
            change == Change.ANOTHER_CONSTANT
                ? List.of(
                    new NfRuleState(
                        1, new NfRule(TABLE, "c", List.of(new Lookup("other", false)), "")))
                : found.rules());

    assertThat(NfTableDiff.between(Optional.of(changed), content("a")))
        .isEqualTo(NfTableDiff.replacement(content("a")));
  }

  @Provide
  Arbitrary<List<String>> comments() {
    return Arbitraries.of("a", "b", "c", "d").list().ofMaxSize(6);
  }

  private static NfTableContent content(String... comments) {
    return content(List.of(comments));
  }

  private static NfTableContent content(List<String> comments) {
    List<NfRule> rules = comments.stream().map(NfTableDiffTest::rule).toList();
    return new NfTableContent(TABLE, List.of(SET), Map.of(), List.of(CHAIN), rules);
  }

  private static NfRule rule(String comment) {
    return new NfRule(
            TABLE,
            "c",
            List.of(
                new AnyOf(
                    NfSet.Key.PROTOCOL,
                    List.of(NfInterval.ofNumbers(6, 6, 1), NfInterval.ofNumbers(17, 17, 1)))),
            comment)
        .sealed();
  }

  /** As the kernel tells it. */
  private static NfTableDiff.Found found(List<String> comments) {
    List<NfRuleState> rules = new ArrayList<>();
    for (String comment : comments) {
      NfRule rule = rule(comment);
      rules.add(
          new NfRuleState(
              rules.size() + 1,
              new NfRule(
                  TABLE,
                  "c",
                  List.of(new Lookup("__set" + rules.size(), false)),
                  comment,
                  rule.digest())));
    }
    return new NfTableDiff.Found(
        new NfTableState(TABLE, false, 2), List.of(SET), List.of(CHAIN), rules);
  }

  /** What the kernel makes of requests; by digest, since that is what it keeps. */
  private static List<NfRule> apply(List<NfRuleState> there, List<NfRequest> requests) {
    List<NfRuleState> rules = new ArrayList<>(there);
    for (NfRequest request : requests) {
      switch (request) {
        case NfRequest.DeleteRule delete ->
            assertThat(rules.removeIf(r -> r.handle() == delete.handle())).isTrue();
        case NfRequest.AddRule add -> rules.add(new NfRuleState(0, add.rule()));
        case NfRequest.InsertRule insert -> {
          int at = rules.stream().map(NfRuleState::handle).toList().indexOf(insert.before());
          rules.add(at, new NfRuleState(0, insert.rule()));
        }
        default -> throw new AssertionError(request);
      }
    }
    return rules.stream().map(state -> rule(state.rule().comment())).toList();
  }
}
