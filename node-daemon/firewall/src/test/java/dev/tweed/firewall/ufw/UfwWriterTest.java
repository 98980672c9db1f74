package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.all;
import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.iptables.IptablesPrograms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our rules in real ufw, held against what ufw itself says and does. */
@Tag("kernel")
class UfwWriterTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    // As people do on a control-plane node.
    List.of(
            "allow 22/tcp",
            "allow 6443/tcp",
            "allow 2379:2380/tcp",
            "allow 10250/tcp",
            "allow out 53")
        .forEach(node::ufw);
  }

  @Test
  void anotherRunChangesNothing() throws IOException {
    node.apply(lesson());
    Object before = Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino");

    BackendOutcome outcome = node.apply(lesson());

    assertThat(applied(outcome).changed()).isFalse();
    assertThat(Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino")).isEqualTo(before);
  }

  @Test
  void reloadDisableAndEnableFindWhatWasRunning() {
    node.apply(all());
    String running = node.kernel();

    node.ufw("reload");
    assertThat(node.kernel()).isEqualTo(running);

    node.ufw("disable");
    node.ufw("--force enable");
    assertThat(node.kernel().lines().sorted().toList())
        .isEqualTo(running.lines().sorted().toList());
  }

  @Test
  void ufwWritesOurRulesBackAsTheyAre() throws IOException {
    node.apply(all());
    List<String> ours = ours("user.rules");
    List<String> ours6 = ours("user6.rules");

    node.ufw("allow 12345/tcp");
    node.ufw("delete allow 12345/tcp");

    assertThat(ours("user.rules")).isEqualTo(ours).hasSizeGreaterThan(20);
    assertThat(ours("user6.rules")).isEqualTo(ours6);
    assertThat(node.write(all()).written()).isEmpty();
  }

  @Test
  void removingOursLeavesEverythingAsItWas() throws IOException {
    String before = node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
    node.ufw("reload"); // fills what the first enable left empty
    String running = node.kernel();
    node.apply(all());
    assertThat(node.kernel()).isNotEqualTo(running);

    node.apply(List.of());

    assertThat(node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules"))
        .isEqualTo(before);
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.write(List.of()).changed()).isFalse();
  }

  @Test
  void aHostThatNeverHadRulesOfOursIsNotTouched() {
    UfwApplied applied = node.write(List.of());

    assertThat(applied.live()).isTrue();
    assertThat(applied.changed()).isFalse();
  }

  @Test
  void theIptablesOfTheHostIsFoundByChroot() {
    node.apply(lesson(), new UfwChains(IptablesPrograms.ofUfw(List.of("/usr/sbin/chroot", "/"))));

    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void ownerAndModeOfTheFilesStay() throws IOException {
    Path rules = node.file("etc/ufw/user.rules");
    node.netns().exec("chown", "12:34", rules.toString());

    node.apply(lesson());

    assertThat(Files.readString(rules, StandardCharsets.ISO_8859_1)).contains("tweed.1");
    assertThat(Files.getAttribute(rules, "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(rules, "unix:gid")).isEqualTo(34);

    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(node.file("etc/ufw/user.rules"))))
        .isEqualTo("rw-r-----");
    try (var files = Files.list(node.file("etc/ufw"))) {
      assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("."));
    }
  }

  private List<String> ours(String file) throws IOException {
    return node.text("etc/ufw/" + file)
        .lines()
        .filter(line -> line.contains("comment=7477656564")) // tweed
        .toList();
  }

  private static BackendOutcome.Applied applied(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Applied.class);
    return (BackendOutcome.Applied) outcome;
  }
}
