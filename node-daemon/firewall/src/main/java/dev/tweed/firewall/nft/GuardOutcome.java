package dev.tweed.firewall.nft;

/** What became of guard rules. */
public sealed interface GuardOutcome {

  /**
   * They are in force.
   *
   * @param changed whether anything had to be written
   */
  record Applied(boolean changed) implements GuardOutcome {}

  /**
   * Nothing is changed: what was in force is in force.
   *
   * @param reason CamelCase, for machines
   * @param message what is in the way
   * @param remedy what to do
   */
  record Refused(String reason, String message, String remedy) implements GuardOutcome {}
}
