package dev.tweed.firewall.rules;

/** Which packets of a rule are logged. */
public enum Logging {
  NONE,
  /** The first packet of each connection. */
  NEW,
  /** All of them. */
  ALL
}
