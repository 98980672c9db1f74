package dev.tweed.agent.firewall;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.tweed.firewall.LegacyTables;
import dev.tweed.firewall.NftListing;
import dev.tweed.firewall.rules.ServiceProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Tells by its traces which service proxy is on this node. */
final class ServiceProxyReader {

  private static final JsonFactory JSON = new JsonFactory();

  /** Of IPVS: the device that holds the addresses of Services. */
  private static final String IPVS_DEVICE = "kube-ipvs0:";

  /** The table of kube-proxy by nftables, and its chain of NodePorts by iptables. */
  private static final Set<String> TRACES = Set.of("kube-proxy", "KUBE-NODEPORTS");

  private final Path proc;
  private final NftListing nft;

  /**
   * @param proc this network namespace's {@code /proc/net}
   */
  ServiceProxyReader(Path proc, NftListing nft) {
    this.proc = proc;
    this.nft = nft;
  }

  /** Looks; where nothing can be seen, kube-proxy is taken to be there as it is by default. */
  ServiceProxy read() {
    try {
      if (hasIpvs()) {
        return ServiceProxy.IPVS;
      }
      // What iptables-legacy has in there nft does not show.
      return isListed() || new LegacyTables(proc).has("nat")
          ? ServiceProxy.NETFILTER
          : ServiceProxy.UNSEEN;
    } catch (IOException e) {
      return ServiceProxy.NETFILTER;
    }
  }

  private boolean hasIpvs() throws IOException {
    return Files.readAllLines(proc.resolve("dev")).stream()
        .anyMatch(line -> line.strip().startsWith(IPVS_DEVICE));
  }

  /** Token by token: on a node with thousands of Services it is megabytes. */
  private boolean isListed() throws IOException {
    try (JsonParser listing = JSON.createParser(nft.chains())) {
      while (listing.nextToken() != null) {
        if (TRACES.contains(listing.getText())) {
          return true;
        }
      }
      return false;
    }
  }
}
