package dev.tweed.dataplane.plan;

import java.util.List;

/**
 * What files of the host say about sysctls.
 *
 * @param boot in the order in which they are applied when the machine starts
 * @param ufw in the order in which they are applied when ufw starts; empty if it does not
 */
public record HostSysctls(List<SysctlLine> boot, List<SysctlLine> ufw) {

  /** Nothing, as far as is known. */
  public static final HostSysctls NOTHING = new HostSysctls(List.of(), List.of());

  public HostSysctls {
    boot = List.copyOf(boot);
    ufw = List.copyOf(ufw);
  }
}
