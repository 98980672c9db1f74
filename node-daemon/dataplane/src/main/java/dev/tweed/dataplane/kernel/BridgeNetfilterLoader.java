package dev.tweed.dataplane.kernel;

import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.Optional;

/**
 * Has the kernel load br_netfilter, which it does itself when a rule comes that asks for ports of a
 * bridge. That takes no more than CAP_NET_ADMIN, where modprobe takes CAP_SYS_MODULE and the host's
 * files.
 */
final class BridgeNetfilterLoader {

  private static final NfTable TABLE = new NfTable(NfFamily.IPV4, "tweed-load");
  private static final String CHAIN = "none";

  /** The table goes in the transaction in which it comes, so no packet meets it. */
  static final List<NfRequest> TRANSACTION =
      List.of(
          new NfRequest.AddTable(TABLE),
          new NfRequest.AddChain(new NfChain(TABLE, CHAIN, Optional.empty())),
          new NfRequest.AddRule(
              new NfRule(TABLE, CHAIN, List.of(new NfExpression.Bridged()), "loads br_netfilter")),
          new NfRequest.DeleteTable(TABLE));

  private final NfTables tables;
  private boolean tried;

  BridgeNetfilterLoader(NfTables tables) {
    this.tables = tables;
  }

  /**
   * Asks for it, once: the kernel looks for the module with the first such rule only
   * (physdev_mt_check(), net/netfilter/xt_physdev.c).
   *
   * @return whether it was asked for now; whether it came, files of it show
   */
  boolean load() {
    if (tried) {
      return false;
    }
    tried = true;
    try {
      return tables.execute(TRANSACTION).isEmpty();
    } catch (NetlinkException e) {
      // That there is no nf_tables is told elsewhere, and the missing file is.
      return false;
    }
  }
}
