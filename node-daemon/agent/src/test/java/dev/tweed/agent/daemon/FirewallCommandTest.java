package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.UfwFiles;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code tweed-node firewall} with a real API server and a real ufw, by chroot as in a pod. */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class FirewallCommandTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private Cluster cluster;
  private TestDaemon daemon;
  private UfwFiles ufw;
  private NamespaceDoor door;
  private Path kubeconfig;

  @BeforeEach
  void start(ApiServer server, @TempDir Path directory) throws Exception {
    cluster = new Cluster(server.admin());
    daemon = new TestDaemon("n1", 1, directory, server.kubeconfig());
    kubeconfig = server.kubeconfig();
    cluster.node("n1");
    ufw = UfwFiles.install(directory.resolve("root"), daemon.netns).denying();
    daemon.withHostRoot(ufw.root());
    door =
        new NamespaceDoor(
            daemon.netns, URI.create(server.admin().getConfiguration().getMasterUrl()));
    // What the host's programs need, for chroot(1).
    daemon.netns.sh(
        """
        cd %s; ln -s usr/bin bin; ln -s usr/sbin sbin; ln -s usr/lib lib; ln -s usr/lib64 lib64
        cp -a /etc/alternatives etc/; mkdir -p usr proc; mount --bind -o ro /usr usr; mount -t proc proc proc
        """
            .formatted(ufw.root()));
  }

  @AfterEach
  void stop() throws Exception {
    daemon.netns.sh("umount %1$s/usr %1$s/proc".formatted(ufw.root()));
    door.close();
    daemon.close();
    cluster.close();
  }

  private String firewall(String... arguments) {
    List<String> all = new ArrayList<>(List.of("firewall"));
    all.addAll(Arrays.asList(arguments));
    all.addAll(List.of("--host-root", ufw.root().toString()));
    return daemon.command(all.toArray(String[]::new));
  }

  private String plan(String... arguments) {
    List<String> all = new ArrayList<>(List.of("plan"));
    all.addAll(Arrays.asList(arguments));
    all.addAll(
        List.of(
            "--node-name",
            "n1",
            "--kubeconfig",
            kubeconfig.toString(),
            "--api-server",
            door.url()));
    return firewall(all.toArray(String[]::new));
  }

  @Test
  void statusShowsThatSomethingIsMissing() throws Exception {
    cluster.policy("web", Cluster.rule("it", Direction.In, Action.Allow, "80"));
    daemon.start();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(firewall("status"))
                    .contains("policy/web/it", "2 rules, in force")
                    .endsWith("exit code 0"));
    daemon.stop();

    daemon.netns.exec("iptables", "-F", "ufw-user-input");

    assertThat(firewall("status"))
        .contains("2 rules, NOT in force as they are here")
        .endsWith("exit code 1");
  }

  @Test
  void statusOfANodeWithoutADaemonSaysSo() {
    assertThat(firewall("status")).contains("No daemon has looked").endsWith("exit code 1");
  }

  @Test
  void planShowsWhatWouldComeAndChangesNothing(@TempDir Path files) throws Exception {
    cluster.policy("web", Cluster.rule("it", Direction.In, Action.Allow, "80"));
    String rules = ufw.text("etc/ufw/user.rules");
    String kernel = daemon.netns.sh("iptables-save | grep -v '^[#:]'");
    Path file =
        Files.writeString(
            files.resolve("policy.yaml"),
            """
            apiVersion: tweed.dev/v1alpha1
            kind: FirewallPolicy
            metadata: {name: mail}
            spec:
              nodeSelector: {}
              rules:
              - {name: smtp, direction: In, action: Allow, protocol: TCP, ports: [{port: 25}]}
            ---
            apiVersion: tweed.dev/v1alpha1
            kind: FirewallPolicy
            metadata: {name: all}
            spec:
              nodeSelector: {}
              rules:
              - {name: nothing-out, direction: Out, action: Deny}
            """);

    assertThat(plan())
        .contains("+ allow in proto tcp from any to any port 80", "policy/web/it")
        .endsWith("exit code 0");
    assertThat(plan("-f", file.toString()))
        .contains("port 80", "port 25", "policy/mail/smtp")
        .contains("REFUSED  policy/all  WouldLockOut")
        .contains("Nothing has been changed.")
        .endsWith("exit code 1");

    assertThat(ufw.text("etc/ufw/user.rules")).isEqualTo(rules);
    assertThat(daemon.netns.sh("iptables-save | grep -v '^[#:]'")).isEqualTo(kernel);
    assertThat(
            cluster
                .client
                .genericKubernetesResources("tweed.dev/v1alpha1", "FirewallPolicy")
                .withName("mail")
                .get())
        .isNull();
  }

  @Test
  void apiServerThatIsAwayIsExplained() throws Exception {
    door.close();

    assertThat(plan()).isEqualTo("exit code 1");
  }
}
