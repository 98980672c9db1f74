package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.nft.NfExpression;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a logged packet says of the rule that logged it, such as {@code tweed deny api/ssh}.
 *
 * @param verdict the action in lower case, after {@code would-} where the rule is only tried
 * @param policy name of the FirewallPolicy; cut where it is too long
 * @param rule name of the rule
 */
public record NftLogPrefix(String verdict, String policy, String rule) {

  private static final int MAX_BYTES = 127; // NF_LOG_PREFIXLEN - 1
  private static final Pattern TEXT = Pattern.compile("tweed ([a-z-]+) ([a-z0-9.-]+)/([a-z0-9-]+)");

  /** Reads it; empty if it is of somebody else. */
  public static Optional<NftLogPrefix> tryParse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(new NftLogPrefix(matcher.group(1), matcher.group(2), matcher.group(3)))
        : Optional.empty();
  }

  /**
   * The step that logs.
   *
   * @param group of the packet log; empty is the kernel's own
   */
  static NfExpression.Log of(FilterRow row, String verdict, OptionalInt group) {
    String head = "tweed " + verdict + " ";
    String tail = "/" + row.rule() + (group.isPresent() ? "" : ": ");
    String policy = row.origin().name();
    int room = Math.min(policy.length(), MAX_BYTES - head.length() - tail.length());
    return new NfExpression.Log(head + policy.substring(0, room) + tail, group);
  }
}
