package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.iptables.IptablesPrograms;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people do to ufw between two runs of ours. */
@Tag("kernel")
class UfwDriftTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    node.ufw("allow 22/tcp");
    node.ufw("allow out 53");
    node.apply(lesson());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ufw --force delete 5",
        "ufw delete allow 8472/udp",
        "ufw route delete allow in on tweed-br0 out on tweed.1",
        "ufw --force reset; ufw --force enable; ufw allow 4711/tcp",
        "sed -i '/policy/d; /tweed.1/d' /etc/ufw/user.rules",
        "sed -i 's/tuple ### allow udp 8472/tuple ### deny udp 8472/' /etc/ufw/user.rules",
        "sed -i '/^-A ufw-user-input -i tweed.1/d' /etc/ufw/user.rules",
        "iptables -F ufw-user-input; ip6tables -F ufw6-user-forward",
        "iptables -D ufw-user-output 3",
        "iptables -I ufw-user-input 1 -j DROP",
        "iptables -F ufw-user-limit"
      })
  void whatSomebodyChangedIsPutRight(String drift) throws IOException {
    node.sh(drift);
    assertThat(checked().changed()).isTrue();
    List<UfwTuple> theirs = theirs();
    assertThat(node.write(lesson()).changed()).isTrue();

    assertThat(checked().changed()).isFalse();
    assertThat(theirs()).isEqualTo(theirs);
    assertThat(UfwStatusRendererTest.rows(node.ufw("status verbose")))
        .containsAll(lesson().stream().map(UfwTuple::of).map(UfwStatusRenderer::text).toList())
        .containsAll(theirs.stream().map(UfwStatusRenderer::text).toList())
        .hasSize(lesson().size() + theirs.size());
    assertThat(node.write(lesson()).changed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ufw reload",
        "ufw disable; ufw --force enable",
        "ufw logging high; ufw logging low",
        "ufw allow 4711/tcp; ufw delete allow 4711/tcp",
        "ufw default allow routed; ufw default deny routed"
      })
  void afterWhatUfwDoesByItselfOurFilesAreNotWritten(String command) throws IOException {
    node.sh(command);

    UfwApplied applied = node.write(lesson());

    assertThat(applied.written()).isEmpty();
    assertThat(checked().changed()).isFalse();
    assertThat(node.write(lesson()).changed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ufw allow 4711/tcp",
        "ufw insert 1 limit 23/tcp",
        "ufw insert 7 allow 4711/tcp comment 'it is mine'",
        "ufw route insert 1 allow in on eth7",
        "ufw allow 8472/udp",
        "ufw delete allow 22/tcp"
      })
  void whatAPersonTypesStaysWhereItIs(String command) throws IOException {
    node.sh(command);
    String files = files();

    assertThat(node.write(lesson()).written()).isEmpty();

    assertThat(files()).isEqualTo(files);
    List<UfwTuple> kept = theirs();
    node.apply(List.of());
    assertThat(theirs()).isEqualTo(kept);
    node.apply(lesson());
    assertThat(checked().changed()).isFalse();
  }

  @Test
  void chainsThatSomebodyEmptiesAsSoonAsTheyAreFilledAreFilledAgain() {
    node.sh("iptables -F ufw-user-input");

    node.apply(lesson(), filledAnd(() -> node.sh("iptables -F ufw-user-input")));
    assertThat(checked().changed()).isTrue();
    node.apply(lesson());

    assertThat(checked().changed()).isFalse();
  }

  private static UfwChains filledAnd(Runnable then) {
    return new UfwChains(IptablesPrograms.ofUfw(List.of())) {
      @Override
      void restore(AddressFamily family, String input) throws IOException {
        super.restore(family, input);
        then.run();
      }
    };
  }

  @Test
  void aResetLeavesUfwOffAndOurRowsForTheDayItIsOn() throws IOException {
    node.ufw("--force reset");

    UfwApplied applied = node.write(lesson());

    assertThat(applied.live()).isFalse();
    assertThat(applied.enabled()).isFalse();
    assertThat(checked()).isEqualTo(new BackendOutcome.Applied(false, false, List.of()));
    assertThat(node.text("etc/ufw/ufw.conf")).contains("ENABLED=no");
    node.ufw("--force enable");
    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void whileUfwIsDisabledOnlyTheFilesChange() throws IOException {
    node.apply(List.of());
    node.ufw("disable");

    UfwApplied applied = node.write(lesson());

    assertThat(applied.enabled()).isFalse();
    assertThat(applied.live()).isFalse();
    assertThat(applied.restored()).isEmpty();
    assertThat(node.text("etc/ufw/ufw.conf")).contains("ENABLED=no");
    node.ufw("--force enable");
    assertThat(UfwStatusRendererTest.rows(node.ufw("status verbose")))
        .contains("8472/udp ALLOW IN Anywhere");
    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  private String files() throws IOException {
    return node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
  }

  private List<UfwTuple> theirs() throws IOException {
    return Stream.concat(
            read("user.rules", AddressFamily.IPV4).theirs().stream(),
            read("user6.rules", AddressFamily.IPV6).theirs().stream())
        .toList();
  }

  private UfwRulesFile read(String name, AddressFamily family) throws IOException {
    return UfwGoldenTest.parsed(node.text("etc/ufw/" + name), family);
  }

  private BackendOutcome.Applied checked() {
    return (BackendOutcome.Applied) node.check(lesson());
  }
}
