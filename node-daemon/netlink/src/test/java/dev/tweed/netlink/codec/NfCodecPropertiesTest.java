package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfValue;
import java.util.List;
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
        .contains(new NfTableState(table, false));
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

  @Property(tries = 1000)
  void rulesRoundTrip(@ForAll("rules") NfRule rule) {
    assertThat(NfDecoder.rule(Nf.message(new NfRequest.AddRule(rule)))).contains(rule);
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
                .optional())
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
  Arbitrary<NfRule> rules() {
    Arbitrary<NfExpression> expressions =
        Arbitraries.oneOf(
            Arbitraries.of(NfExpression.Meta.Key.values()).map(NfExpression.Meta::new),
            Combinators.combine(
                    Arbitraries.of(NfExpression.Payload.Base.values()),
                    Arbitraries.integers(),
                    Arbitraries.integers())
                .as(NfExpression.Payload::new),
            value().map(NfExpression.Equal::new),
            Combinators.combine(names(), Arbitraries.of(true, false)).as(NfExpression.Lookup::new),
            names().map(NfExpression.Update::new),
            Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                .as(NfExpression.Counter::new),
            Combinators.combine(
                    Arbitraries.of(NfExpression.Verdict.Code.values()),
                    Arbitraries.oneOf(Arbitraries.just(""), names()))
                .as(NfExpression.Verdict::new));
    return Combinators.combine(
            tables(),
            names(),
            expressions.list().ofMaxSize(12),
            Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(NfRule.MAX_COMMENT))
        .as(NfRule::new);
  }
}
