package dev.tweed.firewall.rules;

/** Which way a packet goes as seen from the host. */
public enum Direction {
  /** To the host itself. */
  IN("in", "input"),
  /** From the host itself. */
  OUT("out", "output"),
  /** Through the host, as pods' packets are. */
  ROUTED("routed", "forward");

  private final String text;
  private final String hook;

  Direction(String text, String hook) {
    this.text = text;
    this.hook = hook;
  }

  /** For people, and in names. */
  public String text() {
    return text;
  }

  /** The hook of netfilter that such packets come by. */
  public String hook() {
    return hook;
  }
}
