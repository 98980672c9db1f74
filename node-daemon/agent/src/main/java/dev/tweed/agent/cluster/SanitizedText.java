package dev.tweed.agent.cluster;

/** Makes text of unknown origin fit for logs and terminals. */
final class SanitizedText {
  private static final int MAX = 64;

  private SanitizedText() {}

  /** The text in quotes, cut to 64 characters, everything but printable ASCII shown as '?'. */
  static String of(String text) {
    StringBuilder out = new StringBuilder("'");
    for (int i = 0; i < Math.min(text.length(), MAX); i++) {
      char c = text.charAt(i);
      out.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return out.append(text.length() > MAX ? "...'" : "'").toString();
  }
}
