package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.all;
import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
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

/** What is said of our rows in real ufw, without touching it. */
@Tag("kernel")
class UfwCheckTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    node.ufw("allow 22/tcp");
  }

  @Test
  void rowsAreShownAsUfwShowsThem() {
    node.apply(all());
    List<String> shown = new ArrayList<>(UfwStatusRendererTest.rows(node.ufw("status verbose")));
    shown.removeAll(List.of("22/tcp ALLOW IN Anywhere", "22/tcp (v6) ALLOW IN Anywhere (v6)"));

    assertThat(all().stream().map(UfwTuple::of).map(UfwStatusRenderer::text))
        .containsExactlyInAnyOrderElementsOf(shown);
  }

  @Test
  void itChangesNothingAndWaitsForNobody() throws Exception {
    node.apply(lesson());
    String before = node.kernel() + node.text("etc/ufw/user.rules");
    Object inode = Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino");

    try (UfwNode.Holder lock = node.holdLock()) {
      assertThat(node.check(lesson())).isEqualTo(applied(false, true));
      assertThat(node.check(SampleRows.policy(port(82)))).isEqualTo(applied(true, true));
      assertThat(node.check(List.of())).isEqualTo(applied(true, true));
    }

    assertThat(node.kernel() + node.text("etc/ufw/user.rules")).isEqualTo(before);
    assertThat(Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino")).isEqualTo(inode);
    assertThat(node.file("etc/ufw/.user.rules.tweed-tmp")).doesNotExist();
  }

  @Test
  void whileUfwIsOffRowsAreOnlyWritten() {
    node.apply(lesson());

    node.ufw("disable");

    assertThat(node.check(lesson())).isEqualTo(applied(false, false));
  }

  @Test
  void aPersonsRuleThatStandsInIsShown() {
    node.ufw("deny 8472/udp");
    node.apply(lesson());

    assertThat(((BackendOutcome.Applied) node.check(lesson())).displaced())
        .extracting(BackendOutcome.Displaced::theirs)
        .containsExactly("8472/udp DENY IN Anywhere", "8472/udp (v6) DENY IN Anywhere (v6)");
  }

  @Test
  void rowsInAnotherOrderAreAnotherThing() {
    node.apply(SampleRows.policy(port(81), port(82)));

    assertThat(node.check(SampleRows.policy(port(82), port(81)))).isEqualTo(applied(true, true));
  }

  @Test
  void aFileInDisorderCannotBeRead() throws IOException {
    Files.writeString(node.file("etc/ufw/user.rules"), "hello\n");

    assertThat(node.check(lesson()))
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> assertThat(refused.message()).contains("/etc/ufw/user.rules"));
  }

  private static BackendOutcome applied(boolean changed, boolean live) {
    return new BackendOutcome.Applied(changed, live, List.of());
  }

  private static FirewallRule port(int port) {
    return FirewallRule.allow("r" + port, Direction.IN).withPorts(Protocol.TCP, PortRange.of(port));
  }
}
