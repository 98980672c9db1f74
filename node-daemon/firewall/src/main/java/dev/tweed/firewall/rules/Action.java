package dev.tweed.firewall.rules;

/** What happens to a packet. */
public enum Action {
  ALLOW,
  /** Drop in silence. */
  DENY,
  /** Drop, and say so to the sender. */
  REJECT,
  /** Allow, but refuse a source after 6 connections in 30 seconds, as ufw counts. */
  LIMIT
}
