package dev.tweed.firewall.rules;

import java.util.Locale;

/** What happens to a packet. */
public enum Action {
  ALLOW,
  /** Drop in silence. */
  DENY,
  /** Drop, and say so to the sender. */
  REJECT,
  /** Allow, but refuse a source after 6 connections in 30 seconds, as ufw counts. */
  LIMIT;

  /** As on ufw's command line. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether no packet it happens to passes. */
  public boolean refuses() {
    return this == DENY || this == REJECT;
  }
}
