package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written as a request is read as what it was; the formats are the same. */
class NfCodecPropertiesTest {

  @Property(tries = 300)
  void tablesRoundTrip(@ForAll("tables") NfTable table) {
    assertThat(NfDecoder.table(Nf.message(new NfRequest.AddTable(table))))
        .contains(new NfTableState(table, false, 0));
  }

  @Property(tries = 300)
  void chainsRoundTrip(
      @ForAll("tables") NfTable table,
      @ForAll("names") String name,
      @ForAll("hooks") Optional<NfHook> hook) {
    NfChain chain = new NfChain(table, name, hook);

    assertThat(NfDecoder.chain(Nf.message(new NfRequest.AddChain(chain)))).contains(chain);
  }

  @Property(tries = 300)
  void setsRoundTrip(@ForAll("sets") NfSet set) {
    assertThat(NfDecoder.set(Nf.message(new NfRequest.AddSet(set)))).contains(set);
  }

  @Property(tries = 300)
  void elementsRoundTrip(
      @ForAll("tables") NfTable table,
      @ForAll("names") String set,
      @ForAll("values") List<NfValue> values,
      @ForAll boolean added) {
    NfRequest request =
        added
            ? new NfRequest.AddElements(table, set, values)
            : new NfRequest.DeleteElements(table, set, values);

    assertThat(NfDecoder.elements(Nf.message(request))).isEqualTo(values);
  }

  @Property(tries = 300)
  void verdictsRoundTrip(
      @ForAll("tables") NfTable table,
      @ForAll("names") String set,
      @ForAll("verdicts") Map<NfValue, NfExpression.Verdict> verdicts) {
    List<NfRequest> transaction = List.of(new NfRequest.AddVerdicts(table, set, verdicts));

    assertThat(NfDecoder.verdicts(Nf.message(transaction.getFirst()))).isEqualTo(verdicts);
    assertThat(Nf.encode(transaction, 1).length)
        .isLessThanOrEqualTo(NfRequestEncoder.maxBytes(transaction));
  }

  @Property(tries = 1000)
  void rulesRoundTrip(@ForAll("rules") NfRule rule) {
    assertThat(NfDecoder.rule(Nf.message(new NfRequest.AddRule(rule))).map(NfRuleState::rule))
        .contains(rule);
  }

  /** What is not read as what it is, is known by the digest; and what is long fits all the same. */
  @Property(tries = 300)
  void rulesOfAnyStepsAreKnownAgain(
      @ForAll("rules") NfRule before, @ForAll("steps") List<NfExpression> steps) {
    NfRule rule = new NfRule(before.table(), before.chain(), steps, before.comment()).sealed();
    List<NfRequest> transaction = List.of(new NfRequest.InsertRule(rule, 5));

    byte[] bytes = Nf.encode(transaction, 1);

    assertThat(bytes.length).isLessThanOrEqualTo(NfRequestEncoder.maxBytes(transaction));
    assertThat(
            Bytes.messages(bytes).stream()
                .filter(message -> message.type() == Rt.NF_NEWRULE)
                .flatMap(message -> NfDecoder.rule(message).stream())
                .map(NfRuleState::rule))
        .singleElement()
        .satisfies(
            read -> {
              assertThat(read.digest()).isEqualTo(rule.digest());
              assertThat(read.comment()).isEqualTo(rule.comment());
              assertThat(read.expressions()).hasSameSizeAs(steps);
            });
  }

  @Property(tries = 300)
  void noTransactionTakesMoreThanItsBound(
      @ForAll("rules") NfRule rule,
      @ForAll("sets") NfSet set,
      @ForAll("values") List<NfValue> values) {
    List<NfRequest> transaction =
        List.of(
            new NfRequest.AddSet(set),
            new NfRequest.AddElements(set.table(), set.name(), values),
            new NfRequest.AddRule(rule));

    assertThat(Nf.encode(transaction, 1).length)
        .isLessThanOrEqualTo(NfRequestEncoder.maxBytes(transaction));
  }

  @Provide
  Arbitrary<NfTable> tables() {
    return Combinators.combine(Arbitraries.of(NfFamily.values()), names()).as(NfTable::new);
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().withCharRange(' ', '~').ofMinLength(1).ofMaxLength(255);
  }

  @Provide
  Arbitrary<Optional<NfHook>> hooks() {
    return Combinators.combine(
            Arbitraries.of(NfHook.Type.values()),
            Arbitraries.of(NfHook.Point.values()),
            Arbitraries.integers(),
            Arbitraries.of(true, false))
        .as(NfHook::new)
        .optional();
  }

  @Provide
  Arbitrary<NfSet> sets() {
    return Combinators.combine(
            tables(),
            names(),
            Combinators.combine(Arbitraries.integers(), Arbitraries.integers()).as(NfSet.Key::new),
            Combinators.combine(Arbitraries.integers(), Arbitraries.longs())
                .as(NfSet.Learning::new)
                .optional(),
            Arbitraries.of(true, false))
        .as(NfSet::new);
  }

  @Provide
  Arbitrary<List<NfValue>> values() {
    return value().list().ofMaxSize(20);
  }

  private static Arbitrary<NfValue> value() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMinSize(1)
        .ofMaxSize(NfValue.MAX_BYTES)
        .map(NfValue::of);
  }

  @Provide
  Arbitrary<Map<NfValue, NfExpression.Verdict>> verdicts() {
    return Arbitraries.maps(value(), verdict()).ofMaxSize(20);
  }

  private Arbitrary<NfExpression.Verdict> verdict() {
    return Combinators.combine(
            Arbitraries.of(NfExpression.Verdict.Code.values()),
            Arbitraries.oneOf(Arbitraries.just(""), names()))
        .as(NfExpression.Verdict::new);
  }

  @Provide
  Arbitrary<List<NfExpression>> steps() {
    Arbitrary<NfExpression.Limit> limits =
        Combinators.combine(
                Arbitraries.integers(), Arbitraries.integers(), Arbitraries.of(true, false))
            .as(NfExpression.Limit::new);
    Arbitrary<NfExpression> steps =
        Arbitraries.oneOf(
            Arbitraries.of(NfExpression.Meta.Key.values()).map(NfExpression.Meta::new),
            Combinators.combine(
                    Arbitraries.of(NfExpression.Payload.Base.values()),
                    Arbitraries.integers(),
                    Arbitraries.integers())
                .as(NfExpression.Payload::new),
            value().map(NfExpression.Equal::new),
            Arbitraries.of(NfExpression.Conntrack.Key.values()).map(NfExpression.Conntrack::new),
            Arbitraries.just(new NfExpression.DestinationType()),
            tuples(),
            Combinators.combine(Arbitraries.integers().between(0, 15), tuples())
                .as(NfExpression.Behind::new),
            names().map(NfExpression.Dispatch::new),
            value().map(NfExpression.Mask::new),
            value().map(NfExpression.Different::new),
            limits,
            Combinators.combine(names(), limits.optional()).as(NfExpression.Update::new),
            names().map(NfExpression.Log::new),
            Arbitraries.of(NfExpression.Reject.values()),
            Arbitraries.of(true, false).map(NfExpression.Masquerade::new),
            Arbitraries.integers()
                .between(0, 0xffff)
                .map(port -> NfInterval.ofNumbers(port, Math.min(port + port % 3, 0xffff), 2))
                .list()
                .ofMinSize(1)
                .ofMaxSize(300)
                .map(ports -> new NfExpression.AnyOf(NfSet.Key.PORT, ports)));
    return steps.list().ofMaxSize(8);
  }

  private static Arbitrary<NfExpression.Tuple> tuples() {
    return Combinators.combine(
            Arbitraries.of(NfExpression.Tuple.Key.values()), Arbitraries.of(true, false))
        .as(NfExpression.Tuple::new);
  }

  @Provide
  Arbitrary<NfRule> rules() {
    Arbitrary<NfExpression> expressions =
        Arbitraries.oneOf(
            Combinators.combine(names(), Arbitraries.of(true, false)).as(NfExpression.Lookup::new),
            Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                .as(NfExpression.Counter::new),
            verdict());
    return Combinators.combine(
            tables(),
            names(),
            expressions.list().ofMaxSize(12),
            Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(NfRule.MAX_COMMENT),
            Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(NfRule.MAX_DIGEST))
        .as(NfRule::new);
  }
}
