package dev.tweed.policy;

/** Protocols with ports that policies know, by their numbers (IANA). */
public enum Protocol {
  TCP(6),
  UDP(17),
  SCTP(132);

  private final int number;

  Protocol(int number) {
    this.number = number;
  }

  /** As in the IP header. */
  public int number() {
    return number;
  }
}
