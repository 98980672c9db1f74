package dev.tweed.enforce.table;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.policy.Flow;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * What nf_tables does with a packet of a connection that is tracked, by its documentation
 * (nft_do_chain): an oracle for tables that the kernel is not asked about.
 */
final class TableSimulator {

  private enum Step {
    /** The rule holds so far. */
    ON,
    /** The rule does not hold. */
    BREAK
  }

  private final PolicyTable table;
  private final Flow flow;
  private byte[] register = new byte[64];
  private String droppedBy = "";

  private TableSimulator(PolicyTable table, Flow flow) {
    this.table = table;
    this.flow = flow;
  }

  /** The chain that drops a packet of the connection; empty if it is accepted. */
  static Optional<String> droppedBy(PolicyTable table, Flow flow) {
    TableSimulator simulator = new TableSimulator(table, flow);
    NfExpression.Verdict.Code end = simulator.chain("forward", 0);
    return end == NfExpression.Verdict.Code.DROP
        ? Optional.of(simulator.droppedBy)
        : Optional.empty();
  }

  /** ACCEPT, DROP, or RETURN at its end. */
  private NfExpression.Verdict.Code chain(String name, int depth) {
    if (depth > 15) {
      throw new AssertionError("jumps are as deep as the kernel lets them be");
    }
    for (NfRule rule : table.rules().get(name)) {
      Optional<NfExpression.Verdict> verdict = rule(rule);
      if (verdict.isEmpty()) {
        continue;
      }
      switch (verdict.get().code()) {
        case ACCEPT -> {
          return NfExpression.Verdict.Code.ACCEPT;
        }
        case DROP -> {
          droppedBy = name;
          return NfExpression.Verdict.Code.DROP;
        }
        case RETURN -> {
          return NfExpression.Verdict.Code.RETURN;
        }
        case GOTO -> {
          return chain(verdict.get().chain(), depth);
        }
        case JUMP -> {
          NfExpression.Verdict.Code back = chain(verdict.get().chain(), depth + 1);
          if (back != NfExpression.Verdict.Code.RETURN) {
            return back;
          }
        }
      }
    }
    return NfExpression.Verdict.Code.RETURN;
  }

  private Optional<NfExpression.Verdict> rule(NfRule rule) {
    for (NfExpression expression : rule.expressions()) {
      switch (expression) {
        case NfExpression.Verdict verdict -> {
          return Optional.of(verdict);
        }
        case NfExpression.Dispatch dispatch -> {
          var map = table.verdicts().get(dispatch.set());
          NfExpression.Verdict verdict =
              map.get(loaded(table.sets().get(dispatch.set()).key().bytes()));
          if (verdict != null) {
            return Optional.of(verdict);
          }
          return Optional.empty();
        }
        default -> {
          if (step(expression) == Step.BREAK) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.empty();
  }

  private Step step(NfExpression expression) {
    return switch (expression) {
      case NfExpression.Conntrack _ -> {
        register = NfValue.ofHostNumber(2).toBytes(); // established
        yield Step.ON;
      }
      case NfExpression.Meta meta -> {
        register =
            switch (meta.key()) {
              case FAMILY -> NfValue.ofNumber(flow.source().family().number(), 1).toBytes();
              case PROTOCOL -> protocol();
              default -> throw new AssertionError("not simulated: " + meta);
            };
        yield Step.ON;
      }
      case NfExpression.Tuple tuple -> load(tuple, 0);
      case NfExpression.Behind behind -> load((NfExpression.Tuple) behind.load(), behind.words());
      case NfExpression.Mask mask -> {
        byte[] bits = mask.bits().toBytes();
        for (int i = 0; i < bits.length; i++) {
          register[i] &= bits[i];
        }
        yield Step.ON;
      }
      case NfExpression.Equal equal ->
          loaded(equal.value().size()).equals(equal.value()) ? Step.ON : Step.BREAK;
      case NfExpression.Different different ->
          loaded(different.value().size()).equals(different.value()) ? Step.BREAK : Step.ON;
      case NfExpression.AnyOf any -> isIn(any) ? Step.ON : Step.BREAK;
      case NfExpression.Lookup lookup ->
          isIn(lookup.set()) == lookup.inverted() ? Step.BREAK : Step.ON;
      case NfExpression.Counter _, NfExpression.Limit _, NfExpression.Log _ -> Step.ON;
      default -> throw new AssertionError("not simulated: " + expression);
    };
  }

  private Step load(NfExpression.Tuple tuple, int words) {
    IpAddress address = tuple.reply() ? flow.destination() : flow.source();
    byte[] bytes =
        switch (tuple.key()) {
          case SOURCE_PORT -> NfValue.ofNumber(flow.port(), 2).toBytes();
          case SOURCE_IPV4 ->
              address.family() == AddressFamily.IPV4 ? address.toBytes() : new byte[0];
          case SOURCE_IPV6 ->
              address.family() == AddressFamily.IPV6 ? address.toBytes() : new byte[0];
        };
    if (bytes.length == 0) {
      return Step.BREAK;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(register, 0, Math.min(register.length, 4 * words));
    all.writeBytes(bytes);
    register = all.toByteArray();
    return Step.ON;
  }

  private byte[] protocol() {
    return NfValue.ofNumber(flow.protocol().map(p -> p.number()).orElse(1), 1).toBytes();
  }

  private NfValue loaded(int bytes) {
    return NfValue.of(Arrays.copyOf(register, bytes));
  }

  private boolean isIn(NfExpression.AnyOf any) {
    NfValue value = loaded(any.key().bytes());
    return any.intervals().stream()
        .anyMatch(i -> i.first().compareTo(value) <= 0 && value.compareTo(i.last()) <= 0);
  }

  private boolean isIn(String set) {
    Set<NfValue> values = table.values().get(set);
    return values == null
        ? isIn(table.constants().get(set))
        : values.contains(loaded(table.sets().get(set).key().bytes()));
  }
}
