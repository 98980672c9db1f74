package dev.tweed.firewall.rules;

import java.util.Locale;

/** Which way a packet goes as seen from the host. */
public enum Direction {
  /** To the host itself. */
  IN("input"),
  /** From the host itself. */
  OUT("output"),
  /** Through the host, as pods' packets are. */
  ROUTED("forward");

  private final String hook;

  Direction(String hook) {
    this.hook = hook;
  }

  /** For people, and in names. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The hook of netfilter that such packets come by. */
  public String hook() {
    return hook;
  }
}
