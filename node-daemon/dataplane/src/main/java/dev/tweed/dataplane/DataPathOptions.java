package dev.tweed.dataplane;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Where the data path finds the node, and how it marks what it makes.
 *
 * @param sysctlDir the node's /proc/sys/net, possibly mounted elsewhere
 * @param runDir directory for state that does not survive a reboot
 * @param nft program and leading arguments that run nft in the node's network namespace
 * @param aliasPrefix mark of our devices, followed by the PodNetwork's name
 * @param routeProtocol mark of our routes (rtm_protocol, 5..255); all routes with it are taken for
 *     ours
 * @param hostRoot root directory of the node's files, if what they say about sysctls is to be told
 */
public record DataPathOptions(
    Path sysctlDir,
    Path runDir,
    List<String> nft,
    String aliasPrefix,
    int routeProtocol,
    Optional<Path> hostRoot) {

  /** Unassigned in iproute2's rt_protos and in include/uapi/linux/rtnetlink.h. */
  public static final int DEFAULT_ROUTE_PROTOCOL = 116;

  /** Refuses nulls and protocols the kernel itself uses. */
  public DataPathOptions {
    Objects.requireNonNull(sysctlDir, "sysctlDir");
    Objects.requireNonNull(runDir, "runDir");
    Objects.requireNonNull(aliasPrefix, "aliasPrefix");
    Objects.requireNonNull(hostRoot, "hostRoot");
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

  /** File below the run directory that tells what sysctls were before our first change. */
  public Path sysctlNotes() {
    return runDir.resolve("sysctls");
  }

  /** Directory in which host-local, by the CNI configuration, has a file for each pod's address. */
  public Path podAddresses() {
    return runDir.resolve("cni").resolve("tweed");
  }

  /** What a daemon on the node itself uses. */
  public static DataPathOptions defaults() {
    return new DataPathOptions(
        Path.of("/proc/sys/net"),
        Path.of("/run/tweed"),
        List.of("nft"),
        "tweed:",
        DEFAULT_ROUTE_PROTOCOL,
        Optional.empty());
  }

  /** The same with another place for /proc/sys/net. */
  public DataPathOptions withSysctlDir(Path dir) {
    return new DataPathOptions(dir, runDir, nft, aliasPrefix, routeProtocol, hostRoot);
  }

  /** The same with another run directory. */
  public DataPathOptions withRunDir(Path dir) {
    return new DataPathOptions(sysctlDir, dir, nft, aliasPrefix, routeProtocol, hostRoot);
  }

  /** The same with the node's files. */
  public DataPathOptions withHostRoot(Optional<Path> root) {
    return new DataPathOptions(sysctlDir, runDir, nft, aliasPrefix, routeProtocol, root);
  }
}
