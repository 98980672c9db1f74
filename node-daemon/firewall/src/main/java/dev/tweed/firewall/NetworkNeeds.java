package dev.tweed.firewall;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the pod network needs the firewall to let through on this node.
 *
 * @param tunnel the tunnel to other nodes; empty where packets travel by plain routes
 * @param bridge the bridge that pods hang on
 * @param underlayDevice the device that leads to other nodes, if known
 * @param outsideDevices devices of the default routes, by which pods leave
 * @param nodeIps addresses of this node in the underlay; their families are those of the tunnel
 * @param podCidrs all pools of the network
 */
public record NetworkNeeds(
    Optional<Tunnel> tunnel,
    String bridge,
    Optional<String> underlayDevice,
    List<String> outsideDevices,
    List<IpAddress> nodeIps,
    List<IpPrefix> podCidrs) {

  /**
   * Names of devices that rules and commands may have in them: what is printed for people to type
   * ends in a shell, and ufw refuses some characters itself. IFNAMSIZ is 16, with the final zero.
   */
  public static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}");

  /**
   * @throws IllegalArgumentException if the name of a device contains a character that has no place
   *     in one
   */
  public NetworkNeeds {
    outsideDevices = List.copyOf(outsideDevices);
    nodeIps = List.copyOf(nodeIps);
    podCidrs = List.copyOf(podCidrs);
    requireDevice(bridge);
    underlayDevice.ifPresent(NetworkNeeds::requireDevice);
    outsideDevices.forEach(NetworkNeeds::requireDevice);
  }

  /** The bridge, and the tunnel to nodes. */
  public List<String> devices() {
    return Stream.concat(Stream.of(bridge), tunnels().stream()).toList();
  }

  /** Devices of the tunnel; none without one. */
  public List<String> tunnels() {
    return Stream.of(tunnel.map(Tunnel::device), tunnel.flatMap(Tunnel::second))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Whether packets of other nodes may come as they are, by the underlay. */
  public boolean isPlain() {
    return tunnel.map(Tunnel::bypassed).orElse(true);
  }

  /** Those that lead to other nodes, to each by one of them; empty for one that is not known. */
  public List<Optional<String>> toNodes() {
    List<Optional<String>> devices = new ArrayList<>();
    tunnels().forEach(device -> devices.add(Optional.of(device)));
    if (isPlain()) {
      devices.add(underlayDevice);
    }
    return devices;
  }

  /**
   * The tunnel.
   *
   * @param device such as {@code tweed.1}
   * @param port UDP port, 1..65535
   * @param bypassed whether nodes on the same link may be reached without it
   * @param second device to nodes that have no IPv4 address, if this one has and there are such
   */
  public record Tunnel(String device, int port, boolean bypassed, Optional<String> second) {
    /**
     * @throws IllegalArgumentException if the name or the port is out of range
     */
    public Tunnel {
      requireDevice(device);
      second.ifPresent(NetworkNeeds::requireDevice);
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
      }
    }
  }

  /**
   * @throws IllegalArgumentException if the name is not as {@link #DEVICE} has it
   */
  public static void requireDevice(String name) {
    if (!DEVICE.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' does not match " + DEVICE);
    }
  }
}
