package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.netlink.nft.SampleTable;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** nf_tables of the real kernel, with nft as the judge. */
@Tag("kernel")
class NfTablesSocketTest {

  private static final NfTable TABLE = SampleTable.TABLE;

  @AutoClose private final Netns netns = Netns.open();
  private final NfTablesSocket tables = new NfTablesSocket();

  /** The socket stays in the namespace it was opened in. */
  @BeforeEach
  void open() {
    netns.call(tables::generation);
  }

  @AfterEach
  void close() {
    tables.close();
  }

  @Test
  void tableIsListedByNftAsIfItWereItsOwn() {
    assertThat(execute(SampleTable.requests())).isEmpty();

    assertThat(netns.exec("nft", "list", "ruleset")).isEqualTo(SampleTable.TEXT);
    // What the other programs of the host do; an nft that chokes on a set ends by a signal.
    netns.sh("nft -j list sets ip && echo 'add table ip other' | nft -f -");
  }

  @Test
  void tableOfNftIsReadAsOurOwn() {
    // It puts the family where it is first needed, unless that is said.
    String script =
        SampleTable.TEXT
            .replaceFirst("(?m)udp dport(.* ip saddr)", "meta nfproto ipv4 udp dport$1")
            .replaceFirst("(?m)udp dport(.* ip6 saddr)", "meta nfproto ipv6 udp dport$1");
    netns.sh("cat <<'END' | nft -f -\n" + script + "END\n");

    assertReadAsSample();
  }

  @Test
  void ownTableIsReadBackEqual() {
    execute(SampleTable.requests());

    assertReadAsSample();
  }

  private void assertReadAsSample() {
    assertThat(tables.table(TABLE)).contains(new NfTableState(TABLE, false, 6));
    assertThat(tables.chain(TABLE, "strangers")).contains(SampleTable.STRANGERS);
    assertThat(tables.chain(TABLE, "input")).contains(SampleTable.INPUT);
    assertThat(SampleTable.SETS)
        .allSatisfy(set -> assertThat(tables.set(TABLE, set.name())).contains(set));
    assertThat(
            SampleTable.known(
                Stream.of("strangers", "input")
                    .flatMap(chain -> tables.rules(TABLE, chain).stream())
                    .toList()))
        .isEqualTo(SampleTable.known(SampleTable.RULES));
    assertThat(tables.rules(TABLE)).hasSize(SampleTable.RULES.size());
    assertThat(tables.elements(TABLE, "peers-ipv4"))
        .containsExactlyInAnyOrderElementsOf(SampleTable.values("192.0.2.2", "192.0.2.3"));
  }

  @Test
  void whatIsNotThereIsNone() {
    assertThat(tables.table(TABLE)).isEmpty();
    assertThat(tables.chain(TABLE, "input")).isEmpty();
    assertThat(tables.set(TABLE, "peers-ipv4")).isEmpty();
    assertThat(tables.rules(TABLE, "input")).isEmpty();
    assertThat(tables.elements(TABLE, "peers-ipv4")).isEmpty();
    assertThat(tables.table(new NfTable(NfFamily.IPV4, "tweed-tunnel"))).isEmpty();
  }

  @Test
  void elementsComeAndGoAndTheNumberOfTheRulesetTells() {
    execute(SampleTable.requests());
    int before = tables.generation();

    assertThat(
            execute(
                List.of(
                    // One that is there is no error.
                    new NfRequest.AddElements(
                        TABLE, "peers-ipv4", SampleTable.values("192.0.2.3", "192.0.2.4")),
                    new NfRequest.DeleteElements(
                        TABLE, "peers-ipv4", SampleTable.values("192.0.2.2")))))
        .isEmpty();

    assertThat(tables.generation()).isNotEqualTo(before);
    assertThat(tables.elements(TABLE, "peers-ipv4"))
        .containsExactlyInAnyOrderElementsOf(SampleTable.values("192.0.2.3", "192.0.2.4"));
  }

  @Test
  void ofATransactionThatIsRefusedNothingIsThere() {
    execute(SampleTable.requests());
    NfRequest impossible =
        new NfRequest.DeleteElements(TABLE, "peers-ipv4", SampleTable.values("192.0.2.99"));

    assertThat(
            execute(
                List.of(
                    new NfRequest.AddElements(TABLE, "peers-ipv4", SampleTable.values("192.0.2.4")),
                    impossible,
                    new NfRequest.DeleteTable(new NfTable(NfFamily.INET, "nosuch")))))
        .get()
        .satisfies(
            refusal -> {
              assertThat(refusal.request()).contains(impossible);
              assertThat(refusal.error().errno()).isEqualTo(Errno.ENOENT);
            });

    assertThat(netns.exec("nft", "list", "ruleset")).isEqualTo(SampleTable.TEXT);
    assertThat(execute(List.of(new NfRequest.DeleteTable(TABLE)))).isEmpty();
  }

  @Test
  void tenThousandElementsAreOneTransaction() {
    execute(SampleTable.requests());
    List<NfValue> values =
        IntStream.range(0, 10_000).mapToObj(i -> NfValue.ofNumber(0x0a000000 + i, 4)).toList();
    int before = tables.generation();

    assertThat(execute(List.of(new NfRequest.AddElements(TABLE, "peers-ipv4", values)))).isEmpty();

    assertThat(tables.generation()).isEqualTo(before + 1);
    assertThat(tables.elements(TABLE, "peers-ipv4")).hasSize(10_002).containsAll(values);
  }

  @Test
  void droppedPacketsAreCounted() {
    execute(SampleTable.requests());

    netns.sh(
        "ip addr add 192.0.2.1/24 dev lo; bash -c 'printf"
            + " \"\\x08\\0\\0\\0\\0\\0\\x01\\0\" > /dev/udp/192.0.2.1/8472'");

    assertThat(tables.rules(TABLE, "strangers").stream().mapToLong(NfRule::packets).sum())
        .isEqualTo(1);
    assertThat(tables.elements(TABLE, "strangers-ipv4")).isEqualTo(SampleTable.values("192.0.2.1"));
  }

  @Test
  void dormantTableIsTold() {
    execute(SampleTable.requests());

    netns.sh("nft add table inet tweed-tunnel '{ flags dormant; }'");

    assertThat(tables.table(TABLE)).contains(new NfTableState(TABLE, true, 6));
  }

  @Test
  void closedItSaysSo() {
    tables.close();

    assertThatThrownBy(() -> tables.generation())
        .isInstanceOfSatisfying(
            NetlinkException.class,
            e -> assertThat(e.reason()).isEqualTo(NetlinkException.Reason.CLOSED));
  }

  private Optional<NfTables.Refusal> execute(List<NfRequest> requests) {
    return tables.execute(requests);
  }
}
