package dev.tweed.dataplane.kernel;

import java.io.IOException;

/**
 * Called before each write of a sysctl and each run of nft, so that a test can let that step fail
 * or end the run there. Steps by netlink have a seam already, {@link dev.tweed.netlink.Rtnetlink}.
 */
@FunctionalInterface
public interface StepHook {

  /** Does nothing. */
  StepHook NONE = step -> {};

  /**
   * Before a step.
   *
   * @param step for people
   * @throws IOException when the step is to fail
   */
  void before(String step) throws IOException;
}
