package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.all;
import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of our rows in real ufw. */
@Tag("kernel")
class UfwLookTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    node.ufw("allow 22/tcp");
  }

  @Test
  void rowsOfEverySortAreInForce() {
    node.apply(all());

    assertThat(look(all())).hasSize(all().size()).allMatch(e -> e.state() == State.PRESENT);
  }

  @Test
  void theyAreShownAsUfwShowsThem() {
    node.apply(all());
    List<String> shown = new ArrayList<>(UfwStatusRendererTest.rows(node.ufw("status verbose")));
    shown.removeAll(List.of("22/tcp ALLOW IN Anywhere", "22/tcp (v6) ALLOW IN Anywhere (v6)"));

    assertThat(look(all())).map(Entry::text).containsExactlyInAnyOrderElementsOf(shown);
  }

  @Test
  void lookingChangesNothingAndWaitsForNobody() throws Exception {
    node.apply(lesson());
    String before = node.kernel() + node.text("etc/ufw/user.rules");
    Object inode = Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino");

    try (UfwNode.Holder lock = node.holdLock()) {
      look(all());
    }

    assertThat(node.kernel() + node.text("etc/ufw/user.rules")).isEqualTo(before);
    assertThat(Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino")).isEqualTo(inode);
    assertThat(node.file("etc/ufw/.user.rules.tweed")).doesNotExist();
  }

  @Test
  void whileUfwIsOffRowsAreWritten() {
    node.apply(lesson());

    node.ufw("disable");

    assertThat(look(lesson())).allMatch(entry -> entry.state() == State.WRITTEN);
  }

  @Test
  void aRowThatSomebodyDeletedIsMissing() {
    node.apply(lesson());

    node.ufw("delete allow from 10.244.0.0/16 to any port 6443");

    assertThat(look(lesson()))
        .filteredOn(entry -> entry.state() != State.PRESENT)
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(State.MISSING);
              assertThat(entry.row().orElseThrow().rule()).isEqualTo("api-from-pods");
              assertThat(entry.text()).isEmpty();
            });
  }

  @Test
  void rowsOfAFlushedChainAreMissing() {
    node.apply(lesson());

    node.netns().sh("iptables -F ufw-user-input");

    assertThat(look(lesson()))
        .allSatisfy(
            entry -> {
              FilterRow row = entry.row().orElseThrow();
              boolean flushed =
                  row.family() == AddressFamily.IPV4 && row.direction() == Direction.IN;
              assertThat(entry.state()).isEqualTo(flushed ? State.MISSING : State.PRESENT);
            });
  }

  @Test
  void aPersonsRuleThatStandsInIsShown() {
    node.ufw("deny 8472/udp");
    node.apply(lesson());

    assertThat(look(lesson()))
        .filteredOn(entry -> entry.state() == State.DISPLACED)
        .map(Entry::text)
        .containsExactly("8472/udp DENY IN Anywhere", "8472/udp (v6) DENY IN Anywhere (v6)");
  }

  @Test
  void whatIsOursAndNotIntendedIsExtra() {
    node.apply(SampleRows.policy(port(81), port(82)));

    List<Entry> entries = look(SampleRows.policy(port(82)));

    assertThat(entries)
        .extracting(Entry::state)
        .containsExactly(State.PRESENT, State.PRESENT, State.EXTRA, State.EXTRA);
    assertThat(entries.get(2).text()).isEqualTo("81/tcp ALLOW IN Anywhere");
  }

  @Test
  void rowsInAnotherOrderAreNotAllInForce() {
    node.apply(SampleRows.policy(port(81), port(82)));

    assertThat(look(SampleRows.policy(port(82), port(81))))
        .extracting(Entry::state)
        .contains(State.PRESENT, State.MISSING, State.EXTRA);
  }

  @Test
  void withoutIpv6InUfwItsRowsAreLeftOut() throws IOException {
    Path defaults = node.file("etc/default/ufw");
    Files.writeString(defaults, Files.readString(defaults).replace("IPV6=yes", "IPV6=no"));
    node.apply(lesson());

    assertThat(look(lesson()))
        .allMatch(entry -> entry.state() == State.PRESENT)
        .allMatch(entry -> entry.row().orElseThrow().family() == AddressFamily.IPV4);
  }

  @Test
  void aFileInDisorderCannotBeRead() throws IOException {
    Files.writeString(node.file("etc/ufw/user.rules"), "hello\n");

    assertThat(node.look(lesson()))
        .isInstanceOfSatisfying(
            BackendListing.Unreadable.class,
            unreadable -> assertThat(unreadable.message()).contains("/etc/ufw/user.rules"));
  }

  private static FirewallRule port(int port) {
    return FirewallRule.allow("r" + port, Direction.IN).withPorts(Protocol.TCP, PortRange.of(port));
  }

  private List<Entry> look(List<FilterRow> rows) {
    BackendListing listing = node.look(rows);
    assertThat(listing).isInstanceOf(BackendListing.Compared.class);
    return ((BackendListing.Compared) listing).entries();
  }
}
