package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import java.nio.charset.StandardCharsets;

/**
 * The comment of a rule: the mark of its rows (see {@link FilterRow#comment}), shortened to what
 * the kernel keeps, such as {@code tweed:policy/api/ssh}.
 */
final class NftComment {

  /** NFTNL_UDATA_COMMENT_MAXLEN. */
  static final int MAX_BYTES = 128;

  private NftComment() {}

  static String of(FilterRow row) {
    String kind = "tweed:" + row.origin().kind().text() + "/";
    String rule = "/" + row.rule();
    String mark = kind + cut(row.origin().name(), MAX_BYTES - (kind + rule).length()) + rule;
    String note = row.note().isEmpty() ? "" : " " + plain(row.note());
    return mark + cut(note, MAX_BYTES - mark.length());
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
