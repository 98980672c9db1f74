package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The rule by which a kernel loads br_netfilter. This machine's has it, so only that it is one. */
@Tag("kernel")
class BridgeNetfilterLoaderTest {

  @Test
  void theKernelTakesTheRuleAndNothingStays() {
    try (Netns netns = Netns.open()) {
      boolean asked =
          netns.call(
              () -> {
                try (NfTablesSocket tables = new NfTablesSocket()) {
                  return new BridgeNetfilterLoader(tables).load();
                }
              });

      assertThat(asked).isTrue();
      assertThat(netns.sh("nft list ruleset")).isEmpty();
    }
  }

  /** As iptables has it, which a Debian machine without the module was tried with. */
  @Test
  void theRuleIsThatOfIptables() {
    try (Netns netns = Netns.open()) {
      netns.call(
          () -> {
            try (NfTables tables = new NfTablesSocket()) {
              List<NfRequest> all = BridgeNetfilterLoader.TRANSACTION;
              return tables.execute(all.subList(0, all.size() - 1));
            }
          });

      assertThat(netns.sh("nft --debug=netlink list table ip tweed-load"))
          .contains("[ match name physdev rev 0 ]");
    }
  }

  @Test
  void itIsAskedForOnce() {
    try (Netns netns = Netns.open()) {
      netns.call(
          () -> {
            try (NfTablesSocket tables = new NfTablesSocket()) {
              BridgeNetfilterLoader loader = new BridgeNetfilterLoader(tables);
              assertThat(loader.load()).isTrue();
              assertThat(loader.load()).isFalse();
              return true;
            }
          });
    }
  }
}
