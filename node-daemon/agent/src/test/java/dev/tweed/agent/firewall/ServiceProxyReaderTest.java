package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.NftListing;
import dev.tweed.firewall.rules.ServiceProxy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceProxyReaderTest {

  @TempDir Path proc;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(proc.resolve("dev"), "Inter-|   Receive\n    lo:  1 2\n  eth0: 3 4\n");
  }

  @ParameterizedTest
  @CsvSource({
    "NETFILTER, ip, kube-proxy, nat-prerouting",
    "NETFILTER, ip6, nat, KUBE-NODEPORTS",
    "UNSEEN, ip, nat, KUBE-NODEPORTS-OF-OTHERS",
    "UNSEEN, ip, filter, INPUT"
  })
  void kubeProxyIsKnownByItsTableOrItsChain(
      ServiceProxy expected, String family, String table, String chain) {
    // Given many chains before it, so that it is read in parts
    String others = chain("ip", "filter", "KUBE-SVC-AAAAAAAAAAAAAAAA").repeat(500);
    String listing = "{\"nftables\": [" + others + chain(family, table, chain) + "{}]}";

    // When / Then
    assertThat(reader(listing).read()).isEqualTo(expected);
  }

  @Test
  void ipvsIsKnownByItsDevice() throws IOException {
    // Given
    Files.writeString(proc.resolve("dev"), "    lo:  1 2\nkube-ipvs0:       0 0\n");

    // When / Then
    assertThat(reader("{\"nftables\": []}").read()).isEqualTo(ServiceProxy.IPVS);
  }

  @Test
  void rulesThatCannotBeSeenMayBeItsOwn() throws IOException {
    // Given
    Files.writeString(proc.resolve("ip_tables_names"), "nat\nfilter\n");

    // When / Then
    assertThat(reader("{\"nftables\": []}").read()).isEqualTo(ServiceProxy.NETFILTER);
    assertThat(new ServiceProxyReader(proc.resolve("none"), failing()).read())
        .isEqualTo(ServiceProxy.NETFILTER);
  }

  private static String chain(String family, String table, String chain) {
    return "{\"chain\": {\"family\": \"%s\", \"table\": \"%s\", \"name\": \"%s\", \"handle\": 1}}, "
        .formatted(family, table, chain);
  }

  private ServiceProxyReader reader(String listing) {
    return new ServiceProxyReader(
        proc,
        new NftListing() {
          @Override
          public InputStream chains() {
            return new ByteArrayInputStream(listing.getBytes(StandardCharsets.UTF_8));
          }

          @Override
          public InputStream table(String family, String name) {
            throw new AssertionError("not needed");
          }
        });
  }

  private static NftListing failing() {
    return new NftListing() {
      @Override
      public InputStream chains() throws IOException {
        throw new IOException("no nft");
      }

      @Override
      public InputStream table(String family, String name) throws IOException {
        throw new IOException("no nft");
      }
    };
  }
}
