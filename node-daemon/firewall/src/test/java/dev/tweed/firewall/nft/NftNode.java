package dev.tweed.firewall.nft;

import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** A network namespace with real nft; skips the test where there is none. */
final class NftNode implements AutoCloseable {

  static final Path NFT = Path.of("/usr/sbin/nft");

  private final Netns netns;

  private NftNode(Netns netns) {
    this.netns = netns;
  }

  static NftNode open() {
    Needs.program(NFT.toString(), "nftables");
    return new NftNode(Netns.open());
  }

  /** Runs something in the namespace. */
  <T> T call(Callable<T> task) {
    return netns.call(task);
  }

  Netns netns() {
    return netns;
  }

  String sh(String script) {
    return netns.sh(script);
  }

  /** Joins another namespace to this one: a device here, eth0 there. */
  void connect(Netns other, String device, String own, String theirs) {
    netns.sh(
        "ip link add %1$s type veth peer name eth0 netns %2$s; ip addr add %3$s dev %1$s nodad; ip link set %1$s up"
            .formatted(device, other.path(), own));
    other.sh("ip addr add %s dev eth0 nodad; ip link set eth0 up".formatted(theirs));
  }

  @Override
  public void close() {
    netns.close();
  }
}
