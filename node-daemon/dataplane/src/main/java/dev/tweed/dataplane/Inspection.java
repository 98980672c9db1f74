package dev.tweed.dataplane;

import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What of ours is in the kernel now.
 *
 * @param devices devices that carry our mark
 * @param routes routes of our protocol
 * @param fdbEntries forwarding entries of our tunnel devices
 * @param neighbours permanent neighbours of our tunnel devices and the probe device
 * @param rules routing rules of our protocol
 * @param masquerade whether our nftables table is there; false also when nft cannot be run
 * @param tunnelFilter our table that filters the tunnel; empty if it is not there or cannot be read
 * @param problems what could not be read
 */
public record Inspection(
    List<Device> devices,
    int routes,
    int fdbEntries,
    int neighbours,
    int rules,
    boolean masquerade,
    Optional<TunnelFilter> tunnelFilter,
    List<String> problems) {
  /** Copies the lists. */
  public Inspection {
    devices = List.copyOf(devices);
    Objects.requireNonNull(tunnelFilter, "tunnelFilter");
    problems = List.copyOf(problems);
  }

  /**
   * What lets only nodes of the network send to the tunnel.
   *
   * @param peers how many addresses of nodes it lets in
   * @param dropped packets of others it has dropped since it was made
   */
  public record TunnelFilter(int peers, long dropped) {}

  /**
   * A device that carries our mark.
   *
   * @param name its name
   * @param network the PodNetwork named in the mark
   * @param kind driver kind, {@code vxlan}, {@code bridge} or {@code veth}
   * @param mtu bytes
   * @param up whether an administrator has it up
   * @param addresses its addresses, link-local ones left out
   */
  public record Device(
      String name, String network, String kind, int mtu, boolean up, List<IpPrefix> addresses) {
    /** Copies the list. */
    public Device {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(network, "network");
      Objects.requireNonNull(kind, "kind");
      addresses = List.copyOf(addresses);
    }
  }
}
