package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that denies everything, the usual rules of a control plane typed by hand, one
 * FirewallPolicy and one PodNetwork.
 */
@Tag("kernel")
class UfwAcceptanceTest {

  private static final List<String> TYPED =
      List.of(
          "allow 22/tcp",
          "allow 6443",
          "allow 2379:2380/tcp",
          "allow 10250/tcp",
          "allow 10257",
          "allow 10259");

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    TYPED.forEach(node::ufw);
  }

  @Test
  void ufwShowsTheTable() throws IOException {
    node.apply(lesson());

    assertThat(node.ufw("status verbose").replaceAll(" +\n", "\n"))
        .isEqualTo(UfwGoldenTest.resource("acceptance.txt"));
  }

  @Test
  void theRowsOfTheLessonAreInIt() throws IOException {
    assertThat(UfwStatusRendererTest.rows(UfwGoldenTest.resource("acceptance.txt")))
        .contains(
            "8472/udp ALLOW IN Anywhere",
            "8472/udp (v6) ALLOW IN Anywhere (v6)",
            "8472/udp ALLOW OUT Anywhere",
            "8472/udp (v6) ALLOW OUT Anywhere (v6)",
            "6443 ALLOW IN 10.244.0.0/16",
            "10.244.0.0/16 6443 ALLOW OUT Anywhere",
            "10.244.0.0/16 7416/udp ALLOW IN 10.244.0.0/16",
            "10.244.0.0/16 ALLOW OUT Anywhere",
            "Anywhere on tweed.1 ALLOW IN Anywhere",
            "Anywhere (v6) on tweed.1 ALLOW IN Anywhere (v6)",
            "Anywhere ALLOW OUT Anywhere on tweed.1",
            "Anywhere (v6) ALLOW OUT Anywhere (v6) on tweed.1",
            // deny (routed) makes these necessary
            "Anywhere on tweed.1 ALLOW FWD Anywhere on tweed-br0",
            "Anywhere on tweed-br0 ALLOW FWD Anywhere on tweed.1",
            "Anywhere on tweed-br0 ALLOW FWD Anywhere on tweed-br0",
            "Anywhere on eth0 ALLOW FWD Anywhere on tweed-br0",
            "10.244.1.0/24 on tweed-br0 ALLOW FWD Anywhere",
            "10.244.0.0/16 on tweed.1 ALLOW FWD Anywhere");
  }

  @Test
  void nothingAPersonTypedIsLost() {
    List<String> added = node.ufw("show added").lines().toList();
    List<String> shown = UfwStatusRendererTest.rows(node.ufw("status verbose"));
    assertThat(added).containsAll(TYPED.stream().map(rule -> "ufw " + rule).toList());

    node.apply(lesson());

    assertThat(node.ufw("show added").lines()).containsAll(added);
    assertThat(UfwStatusRendererTest.rows(node.ufw("status verbose"))).containsAll(shown);
  }

  @Test
  void everyWayOfUfwToTellAgrees() {
    node.apply(lesson());
    List<String> verbose = UfwStatusRendererTest.rows(node.ufw("status verbose"));

    List<String> numbered =
        UfwStatusRendererTest.rows(node.ufw("status numbered")).stream()
            .map(row -> row.replaceAll("^\\[ ?[0-9]+] ", "").replaceAll(" \\(out\\)$", ""))
            .toList();
    assertThat(numbered).containsExactlyInAnyOrderElementsOf(verbose);
    node.ufw("reload");
    assertThat(UfwStatusRendererTest.rows(node.ufw("status verbose"))).isEqualTo(verbose);
  }
}
