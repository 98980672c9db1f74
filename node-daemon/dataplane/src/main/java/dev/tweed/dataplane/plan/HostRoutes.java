package dev.tweed.dataplane.plan;

import java.util.Set;

/**
 * What of the host's own routes matters to its sysctls.
 *
 * @param outside indexes of the devices by which packets of pods leave for the outside
 * @param advertised indexes of the devices with routes of the kernel's that a router has advertised
 */
public record HostRoutes(Set<Integer> outside, Set<Integer> advertised) {

  /** None, as far as is known. */
  public static final HostRoutes NONE = new HostRoutes(Set.of(), Set.of());

  /** Copies the sets. */
  public HostRoutes {
    outside = Set.copyOf(outside);
    advertised = Set.copyOf(advertised);
  }
}
