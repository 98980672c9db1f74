package dev.tweed.firewall.nft;

import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.util.concurrent.Callable;

/** A network namespace with real nft; skips the test where there is none. */
final class NftNode implements AutoCloseable {

  private final Netns netns;
  private final NfTablesSocket tables = new NfTablesSocket();

  private NftNode(Netns netns) {
    this.netns = netns;
    netns.call(tables::generation); // the socket stays where it was opened
  }

  static NftNode open() {
    Needs.program("/usr/sbin/nft", "nftables");
    return new NftNode(Netns.open());
  }

  /** Runs something in the namespace. */
  <T> T call(Callable<T> task) {
    return netns.call(task);
  }

  /** Those of the namespace. */
  NfTables tables() {
    return tables;
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
    tables.close();
    netns.close();
  }
}
