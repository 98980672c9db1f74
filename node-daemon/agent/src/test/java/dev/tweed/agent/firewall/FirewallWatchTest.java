package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.UfwFiles;
import dev.tweed.agent.loop.DirectoryWatch;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real ufw in a network namespace, its files under a root directory of the test's own. */
@ExtendWith(NetnsExtension.class)
@Timeout(120)
class FirewallWatchTest {

  @TempDir Path root;
  private final Semaphore told = new Semaphore(0);
  private Netns node;

  @BeforeEach
  void node(Netns own) throws Exception {
    node = own;
    Files.createDirectories(root.resolve("etc/default"));
    Files.createDirectories(root.resolve("run"));
  }

  private UfwFiles installUfw() {
    return UfwFiles.install(root, node);
  }

  private void assertTold() throws InterruptedException {
    assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ufw --force delete 1",
        "ufw reload",
        "ufw --force reset",
        "ufw disable",
        "nft flush ruleset",
        "iptables -F",
        "iptables -D ufw-user-input 1"
      })
  void changeOfTheRulesIsTold(String command) throws Exception {
    UfwFiles ufw = installUfw();
    ufw.type("ufw allow 22/tcp; ufw --force enable");
    try (FirewallHost.Watching watch = FirewallWatch.start(told::release)) {
      ufw.type(command);

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo '### typed by hand' >>%s/etc/ufw/user.rules",
        "sed -i s/ENABLED=no/ENABLED=yes/ %s/etc/ufw/ufw.conf",
        "sed -i s/IPV6=yes/IPV6=no/ %s/etc/default/ufw",
        "rm %s/etc/ufw/user6.rules",
        "mv %1$s/etc/ufw %1$s/etc/ufw.old"
      })
  void changeOfTheFilesIsTold(String command) throws Exception {
    installUfw();
    try (DirectoryWatch watch =
        DirectoryWatch.start(FirewallWatch.directories(root, told::release), why -> {})) {
      node.sh(command.formatted(root));

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void firewallThatIsInstalledLaterIsTold() throws Exception {
    try (DirectoryWatch watch =
        DirectoryWatch.start(FirewallWatch.directories(root, told::release), why -> {})) {
      installUfw();

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void zoneOfFirewalldIsTold() throws Exception {
    Files.createDirectories(root.resolve("etc/firewalld/zones"));
    try (DirectoryWatch watch =
        DirectoryWatch.start(FirewallWatch.directories(root, told::release), why -> {})) {
      Files.writeString(root.resolve("etc/firewalld/zones/public.xml"), "<zone/>");

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  /** As the daemon's pod sees the host's files. */
  @Test
  void changeIsSeenThroughAReadOnlyBindMount() throws Exception {
    installUfw();
    Path mount = Files.createDirectory(root.resolve("mount"));
    node.exec("mount", "--bind", "-o", "ro", root.toString(), mount.toString());
    try (DirectoryWatch watch =
        DirectoryWatch.start(FirewallWatch.directories(mount, told::release), why -> {})) {
      node.sh("echo '### typed by hand' >>%s/etc/ufw/user.rules".formatted(root));

      assertTold();
      assertThat(watch).isNotNull();
    } finally {
      node.exec("umount", mount.toString());
    }
  }

  /** A look reads files and takes ufw's lock; that must not call for the next look. */
  @Test
  void readingIsNoChange() throws Exception {
    installUfw();
    try (DirectoryWatch watch =
        DirectoryWatch.start(FirewallWatch.directories(root, told::release), why -> {})) {
      node.sh(
          "cat %1$s/etc/ufw/*.rules %1$s/etc/default/ufw; touch %1$s/run/ufw.lock".formatted(root));

      assertThat(told.tryAcquire(1, TimeUnit.SECONDS)).isFalse();
      assertThat(watch).isNotNull();
    }
  }
}
