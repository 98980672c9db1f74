package dev.tweed.firewall.nft;

import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads what the rules of policies in our own tables have counted. Safe for several threads. */
public final class RuleCountReader {

  private static final Pattern MARK =
      Pattern.compile(
          "tweed:policy/(?<policy>[a-z0-9.-]+)/(?<rule>[a-z0-9-]+)( .*)?", Pattern.DOTALL);

  private final NfTables tables;

  /** Reads by these. */
  public RuleCountReader(NfTables tables) {
    this.tables = tables;
  }

  /** What was counted; nothing where the kernel cannot be asked. */
  public List<RuleCount> read() {
    try {
      return Stream.of(NftTableCompiler.TABLE, GuardTableCompiler.TABLE)
          .flatMap(name -> tables.rules(new NfTable(NfFamily.INET, name)).stream())
          .flatMap(state -> count(state.rule()).stream())
          .toList();
    } catch (NetlinkException e) {
      return List.of();
    }
  }

  private static Optional<RuleCount> count(NfRule rule) {
    Matcher mark = MARK.matcher(rule.comment());
    // Rules that log have no counter.
    return mark.matches()
            && rule.expressions().stream().anyMatch(NfExpression.Counter.class::isInstance)
        ? Optional.of(
            new RuleCount(
                mark.group("policy"),
                mark.group("rule"),
                NftTableBuilder.action(rule.expressions().getLast()),
                rule.chain().startsWith(NftTableBuilder.AUDIT),
                rule.packets()))
        : Optional.empty();
  }
}
