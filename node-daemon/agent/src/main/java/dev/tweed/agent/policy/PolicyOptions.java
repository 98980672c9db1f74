package dev.tweed.agent.policy;

/**
 * How policies are enforced.
 *
 * @param startsOpen whether a pod that nothing is known of yet may do everything
 * @param spoofGuard whether pods may send from their own addresses only, while there are policies
 */
public record PolicyOptions(boolean startsOpen, boolean spoofGuard) {

  /** Closed and guarded. */
  public static final PolicyOptions DEFAULT = new PolicyOptions(false, true);
}
