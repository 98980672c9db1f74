package dev.tweed.dataplane;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Where the data path finds the node, and how it marks what it makes.
 *
 * @param sysctlDir the node's /proc/sys/net, possibly mounted elsewhere
 * @param runDir directory for state that does not survive a reboot
 * @param nft program and leading arguments that run nft in the node's network namespace
 * @param aliasPrefix mark of our devices, followed by the PodNetwork's name
 * @param routeProtocol mark of our routes (rtm_protocol, 5..255); all routes with it are taken for
 *     ours
 */
public record DataPathOptions(
    Path sysctlDir, Path runDir, List<String> nft, String aliasPrefix, int routeProtocol) {

  /** Unassigned in iproute2's rt_protos and in include/uapi/linux/rtnetlink.h. */
  public static final int DEFAULT_ROUTE_PROTOCOL = 116;

  /** Refuses nulls and protocols the kernel itself uses. */
  public DataPathOptions {
    Objects.requireNonNull(sysctlDir, "sysctlDir");
    Objects.requireNonNull(runDir, "runDir");
    Objects.requireNonNull(aliasPrefix, "aliasPrefix");
    nft = List.copyOf(nft);
    if (nft.isEmpty()) {
      throw new IllegalArgumentException("nft needs the program's name");
    }
    if (aliasPrefix.isEmpty()) {
      throw new IllegalArgumentException("an empty aliasPrefix would make every device ours");
    }
    if (routeProtocol < 5 || routeProtocol > 255) {
      throw new IllegalArgumentException("routeProtocol is 5..255, not " + routeProtocol);
    }
  }

  /** What a daemon on the node itself uses. */
  public static DataPathOptions defaults() {
    return new DataPathOptions(
        Path.of("/proc/sys/net"),
        Path.of("/run/tweed"),
        List.of("nft"),
        "tweed:",
        DEFAULT_ROUTE_PROTOCOL);
  }

  /** The same with another place for /proc/sys/net. */
  public DataPathOptions withSysctlDir(Path dir) {
    return new DataPathOptions(dir, runDir, nft, aliasPrefix, routeProtocol);
  }

  /** The same with another run directory. */
  public DataPathOptions withRunDir(Path dir) {
    return new DataPathOptions(sysctlDir, dir, nft, aliasPrefix, routeProtocol);
  }

  /** The same with another way to run nft. */
  public DataPathOptions withNft(List<String> command) {
    return new DataPathOptions(sysctlDir, runDir, command, aliasPrefix, routeProtocol);
  }
}
