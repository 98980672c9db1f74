package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.AnyOf;
import dev.tweed.netlink.nft.NfExpression.Counter;
import dev.tweed.netlink.nft.NfExpression.Limit;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Reject;
import dev.tweed.netlink.nft.NfExpression.Update;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts a table of family inet together, chain by chain.
 *
 * <p>{@link Action#LIMIT}: the sixth connection of a source within 30 seconds is refused, as by ufw
 * (xt_recent), which counts refused ones, too: whoever goes on is refused until it has paused for
 * 15 seconds. Five sets remember a source for half a minute each; a connection is let in by the
 * first that does not know it. All limited rows share the count of a source, as in ufw, which
 * remembers 100 sources; here they are 65,535 of each family, and more share one count.
 */
final class NftTableBuilder {

  /** What limited rows jump to. */
  private static final String LIMITED = "limited";

  /** Names of chains begin so whose rows are only tried. */
  static final String AUDIT = "audit-";

  private static final String WOULD = "would-";

  /** Connections of a source in half a minute. */
  private static final int CONNECTIONS = 5;

  private static final int SOURCES = 65_535;
  private static final NfSet.Learning HALF_A_MINUTE = new NfSet.Learning(SOURCES, 30_000);
  private static final NfSet.Learning PAUSE = new NfSet.Learning(SOURCES, 15_000);
  private static final Limit UNCOUNTED_ATTEMPTS = new Limit(60, 10, true);
  private static final Limit LOG_LINES = new Limit(3, 10, false);

  private final NfTable table;
  private final OptionalInt log;
  private final List<NfSet> sets = new ArrayList<>();
  private final Map<String, AnyOf> constants = new TreeMap<>();
  private final List<NfChain> chains = new ArrayList<>();
  private final List<NfRule> rules = new ArrayList<>();
  private String chain = "";

  /**
   * @param log group of the packet log that lines go to; empty is the kernel's own
   */
  NftTableBuilder(String name, OptionalInt log) {
    this.table = new NfTable(NfFamily.INET, name);
    this.log = log;
  }

  /** Name of a family. */
  static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ipv4" : "ipv6";
  }

  NfTableContent build() {
    return new NfTableContent(table, sets, constants, chains, rules);
  }

  /** Begins a chain that others jump to. */
  NftTableBuilder chain(String name) {
    return chain(name, Optional.empty());
  }

  /** Begins a chain that packets come to, and that accepts what it has no rule for. */
  NftTableBuilder chain(String name, NfHook.Point point, int priority) {
    return chain(name, Optional.of(new NfHook(NfHook.Type.FILTER, point, priority, true)));
  }

  private NftTableBuilder chain(String name, Optional<NfHook> hook) {
    chain = name;
    chains.add(new NfChain(table, name, hook));
    return this;
  }

  /** Adds a set of addresses that rules add to, and that are forgotten after half a minute. */
  String seen(String what, AddressFamily family) {
    return seen(what, family, HALF_A_MINUTE);
  }

  private String seen(String what, AddressFamily family, NfSet.Learning learning) {
    String name = what + "-" + name(family);
    sets.add(new NfSet(table, name, NfSet.Key.ofAddresses(family), Optional.of(learning)));
    return name;
  }

  /** Adds a rule to the chain begun last. */
  NftTableBuilder rule(String comment, NfSteps steps, NfExpression... last) {
    constants.putAll(steps.constants());
    rules.add(steps.rule(table, chain, comment, last));
    return this;
  }

  /** Adds rules of persons to the chain begun last; what they decide is counted. */
  NftTableBuilder rows(List<FilterRow> rows, NftView view) {
    for (NftRule rule : NftRuleCompiler.compile(rows)) {
      FilterRow row = rule.row();
      String comment = NftComment.of(row);
      if (row.logging() != Logging.NONE) {
        NfSteps which = NftMatchCompiler.compile(rule.match(), view);
        rule(
            comment,
            row.logging() == Logging.NEW ? which.state(NfSteps.State.NEW) : which,
            LOG_LINES,
            NftLogPrefix.of(row, row.action().text(), log));
      }
      rule(comment, NftMatchCompiler.compile(rule.match(), view), Counter.ZERO, verdict(rule));
    }
    return this;
  }

  /** Adds rules that let pass, or end, connections that stand; ends are counted. */
  NftTableBuilder cutting(List<FilterRow> rows, Set<Origin> cutting) {
    for (NftRule rule : NftRuleCompiler.compile(rows)) {
      FilterRow row = rule.row();
      NfSteps which = NftMatchCompiler.compile(rule.match(), NftView.AS_IT_IS);
      if (!row.action().refuses()) {
        rule("let in", which, Verdict.accept());
      } else if (cutting.contains(row.origin())) {
        rule(NftComment.of(row), which, Counter.ZERO, verdict(rule));
      }
    }
    return this;
  }

  /** Adds rules that count what those that are tried would decide, and log what they refuse. */
  NftTableBuilder audit(List<FilterRow> rows, Set<Origin> tried) {
    for (NftRule rule : NftRuleCompiler.compile(rows)) {
      FilterRow row = rule.row();
      NfSteps which = NftMatchCompiler.compile(rule.match(), NftView.AS_IT_IS);
      String action = row.action().text();
      if (!tried.contains(row.origin())) {
        rule("in force", which, Verdict.accept());
      } else if (row.action() == Action.ALLOW) {
        rule(NftComment.of(row), which, Counter.ZERO, Verdict.accept());
      } else {
        if (row.action() != Action.LIMIT) {
          rule(
              NftComment.of(row),
              NftMatchCompiler.compile(rule.match(), NftView.AS_IT_IS),
              LOG_LINES,
              NftLogPrefix.of(row, WOULD + action, log));
        }
        rule(NftComment.of(row), which, Counter.ZERO, Verdict.goTo(WOULD + action));
      }
    }
    return this;
  }

  /** Adds the chains that say of what is only tried how it would end; once. */
  NftTableBuilder wouldChains() {
    for (Action action : List.of(Action.DENY, Action.REJECT, Action.LIMIT)) {
      String name = WOULD + action.text();
      if (chains.stream().noneMatch(c -> c.name().equals(name))) {
        chain(name).rule("only tried", new NfSteps(), Verdict.accept());
      }
    }
    return this;
  }

  /** What a rule with a counter says of a packet, by its last step. */
  static Action action(NfExpression last) {
    return switch (last) {
      case Verdict(var code, var chain) ->
          switch (code) {
            case ACCEPT, RETURN -> Action.ALLOW;
            case DROP -> Action.DENY;
            case JUMP, GOTO ->
                chain.startsWith(WOULD)
                    ? Action.valueOf(chain.substring(WOULD.length()).toUpperCase(Locale.ROOT))
                    : Action.LIMIT;
          };
      default -> Action.REJECT;
    };
  }

  private static NfExpression verdict(NftRule rule) {
    return switch (rule.row().action()) {
      case ALLOW -> Verdict.accept();
      case DENY -> Verdict.drop();
      case REJECT ->
          rule.match().protocols().equals(List.of(Protocol.TCP))
              ? Reject.TCP_RESET
              : Reject.PORT_UNREACHABLE;
      case LIMIT -> Verdict.jump(LIMITED);
    };
  }

  /** Adds what limited rows jump to, if any is. */
  NftTableBuilder limit(List<FilterRow> rows) {
    if (rows.stream().noneMatch(row -> row.action() == Action.LIMIT)) {
      return this;
    }
    chain(LIMITED);
    for (AddressFamily family : AddressFamily.values()) {
      String refused = seen("refused", family, PAUSE);
      NfExpression source = NfSteps.source(family);
      rule(
          "until it has paused for 15 s",
          fresh(family),
          source,
          new Lookup(refused, false),
          source,
          new Update(refused),
          Reject.PORT_UNREACHABLE);
      String last = "";
      for (int i = 1; i <= CONNECTIONS; i++) {
        last = seen("connection-" + i, family);
        rule(
            "%d of %d in 30 s".formatted(i, CONNECTIONS),
            fresh(family),
            source,
            new Lookup(last, true),
            source,
            new Update(last),
            Verdict.accept());
      }
      rule("one more", fresh(family), source, new Lookup(last, false), source, new Update(refused));
      // By itself: the set may be full.
      rule("one more", fresh(family), source, new Lookup(last, false), Reject.PORT_UNREACHABLE);
      rule(
          "too many sources to count each",
          fresh(family),
          UNCOUNTED_ATTEMPTS,
          Reject.PORT_UNREACHABLE);
    }
    return rule("within limits", new NfSteps(), Verdict.accept());
  }

  private static NfSteps fresh(AddressFamily family) {
    return new NfSteps().state(NfSteps.State.NEW).family(family);
  }
}
