package dev.tweed.firewall.backend;

/** Sorts of host firewall Tweed can keep rows in. */
public enum BackendKind {
  UFW("ufw"),
  FIREWALLD("firewalld"),
  IPTABLES("iptables"),
  NFTABLES("nftables");

  private final String text;

  BackendKind(String text) {
    this.text = text;
  }

  /** As in a NodeReport. */
  public String text() {
    return text;
  }
}
