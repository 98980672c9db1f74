package dev.tweed.agent.firewall;

import dev.tweed.firewall.NftListing;
import dev.tweed.firewall.rules.ServiceProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tells by its traces which service proxy is on this node. */
final class ServiceProxyReader {

  /** Of IPVS: the device that holds the addresses of Services. */
  private static final String IPVS_DEVICE = "kube-ipvs0:";

  /** The table of kube-proxy by nftables, and its chain of NodePorts by iptables. */
  private static final List<String> TRACES = List.of("\"kube-proxy\"", "\"KUBE-NODEPORTS\"");

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
      if (has("dev", IPVS_DEVICE)) {
        return ServiceProxy.IPVS;
      }
      // What iptables-legacy has in there nft does not show.
      return isListed() || has("ip_tables_names", "nat") || has("ip6_tables_names", "nat")
          ? ServiceProxy.NETFILTER
          : ServiceProxy.UNSEEN;
    } catch (IOException e) {
      return ServiceProxy.NETFILTER;
    }
  }

  private boolean has(String file, String word) throws IOException {
    Path path = proc.resolve(file);
    return Files.exists(path)
        && Files.readAllLines(path).stream().anyMatch(line -> line.strip().startsWith(word));
  }

  /** Not parsed: on a node with thousands of Services it is megabytes. */
  private boolean isListed() throws IOException {
    try (InputStream listing = nft.chains();
        Reader text = new InputStreamReader(listing, StandardCharsets.UTF_8)) {
      StringBuilder seen = new StringBuilder();
      char[] part = new char[8192];
      for (int length = text.read(part); length >= 0; length = text.read(part)) {
        seen.append(part, 0, length);
        if (TRACES.stream().anyMatch(trace -> seen.indexOf(trace) >= 0)) {
          return true;
        }
        // A trace may be cut in two.
        seen.delete(0, Math.max(0, seen.length() - 32));
      }
      return false;
    }
  }
}
