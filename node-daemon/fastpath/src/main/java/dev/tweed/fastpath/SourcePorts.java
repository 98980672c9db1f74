package dev.tweed.fastpath;

/**
 * Source ports of the outer header: those the kernel's VXLAN picks from, so that a flow has the
 * same on both paths (net.ipv4.ip_local_port_range; the upper bound is left out, as the kernel's
 * udp_flow_src_port() does).
 *
 * @param low the first, 1 to 65535
 * @param high the one after the last
 */
public record SourcePorts(int low, int high) {
  /** The kernel's default. */
  public static final SourcePorts DEFAULT = new SourcePorts(32768, 60999);

  /** Refuses an empty range. */
  public SourcePorts {
    if (low < 1 || high > 65535 || low >= high) {
      throw new IllegalArgumentException("no range of ports: " + low + " to " + high);
    }
  }

  int count() {
    return high - low;
  }
}
