package dev.tweed.firewall.backend;

import java.util.Locale;

/** Sorts of host firewall Tweed can keep rows in. */
public enum BackendKind {
  UFW,
  FIREWALLD,
  IPTABLES,
  NFTABLES;

  /** As in a NodeReport. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
