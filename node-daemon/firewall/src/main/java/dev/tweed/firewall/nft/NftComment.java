package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The comment of a rule: the mark of its rows (see {@link FilterRow#comment}), shortened to what
 * the kernel keeps, and a digest of what the rule does, such as {@code tweed:policy/api/ssh #1f0c}.
 */
final class NftComment {

  /** NFTNL_UDATA_COMMENT_MAXLEN. */
  static final int MAX_BYTES = 128;

  private NftComment() {}

  static String of(List<FilterRow> rows, String digest) {
    FilterRow first = rows.getFirst();
    long rules = rows.stream().map(row -> row.origin() + "/" + row.rule()).distinct().count();
    boolean one = rows.stream().allMatch(row -> row.comment().equals(first.comment()));
    String end = " #" + digest;
    if (rules > 1) {
      end = " and " + (rules - 1) + " more" + end;
    }
    String kind = "tweed:" + first.origin().kind().text() + "/";
    String rule = "/" + first.rule();
    String name = cut(first.origin().name(), MAX_BYTES - (kind + rule + end).length());
    String mark = kind + name + rule;
    String note = one && !first.note().isEmpty() ? " " + plain(first.note()) : "";
    return mark + cut(note, MAX_BYTES - (mark + end).length()) + end;
  }

  /** The nft language has no way to write a quote inside of quotes, nor a line end. */
  private static String plain(String text) {
    StringBuilder plain = new StringBuilder();
    text.codePoints()
        .map(c -> c == '"' ? '\'' : Character.isISOControl(c) ? '?' : c)
        .forEach(plain::appendCodePoint);
    return plain.toString();
  }

  private static String cut(String text, int bytes) {
    StringBuilder kept = new StringBuilder();
    int left = bytes;
    for (int c : text.codePoints().toArray()) {
      String character = Character.toString(c);
      left -= character.getBytes(StandardCharsets.UTF_8).length;
      if (left < 0) {
        break;
      }
      kept.append(character);
    }
    return kept.toString();
  }
}
