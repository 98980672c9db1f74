package dev.tweed.firewall.rules;

/** Which way a packet goes as seen from the host. */
public enum Direction {
  /** To the host itself. */
  IN,
  /** From the host itself. */
  OUT,
  /** Through the host, as pods' packets are. */
  ROUTED
}
