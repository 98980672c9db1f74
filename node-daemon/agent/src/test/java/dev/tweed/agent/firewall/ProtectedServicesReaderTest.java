package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.firewall.rules.SshSessions;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtectedServicesReaderTest {

  @TempDir Path directory;

  @Test
  void sshdsFilesAndThoseItIncludesAreRead() throws IOException {
    Files.createDirectories(directory.resolve("etc/ssh/sshd_config.d"));
    Files.writeString(directory.resolve("etc/ssh/sshd_config"), "Port 2222\n");
    Files.writeString(directory.resolve("etc/ssh/sshd_config.d/10-more.conf"), "Port 2223\n");
    Files.writeString(directory.resolve("etc/ssh/sshd_config.d/notes.txt"), "Port 2224\n");

    assertThat(read(Optional.of(directory)).sshd()).containsExactly("Port 2222\n", "Port 2223\n");
  }

  @Test
  void soIsWhateverElseTellsSshdItsPorts() throws IOException {
    write("etc/ssh/sshd_config", "Include more.d/*.conf /etc/other/ports.conf # and so on\n");
    write("etc/ssh/more.d/a.conf", "a");
    write("etc/other/ports.conf", "b");
    write("etc/default/ssh", "c");
    write("etc/systemd/system/ssh.socket.d/override.conf", "d");
    write("run/systemd/generator/ssh.socket.d/addresses.conf", "e");
    write("usr/lib/systemd/system/ssh.socket", "not this");

    assertThat(read(Optional.of(directory)).sshd()).endsWith("a", "b", "c", "d", "e").hasSize(6);
  }

  @Test
  void sessionsAreReadWithoutWaitingForAnybody() throws Exception {
    write(
        "run/systemd/sessions/3",
        "USER=alice\nSTATE=active\nSERVICE=sshd\nREMOTE_HOST=203.0.113.5\n");
    // As logind has one for each session
    new ProcessBuilder("mkfifo", directory.resolve("run/systemd/sessions/3.ref").toString())
        .start()
        .waitFor();

    assertThat(read(Optional.empty()).sessions().users())
        .isEqualTo(Map.of(IpAddress.parse("203.0.113.5"), "alice"));
  }

  @Test
  void whereThereIsNoLogindUtmpIsAsked() throws IOException {
    assertThat(read(Optional.of(directory)).sessions()).isEqualTo(SshSessions.UNSEEN);

    Files.createDirectories(directory.resolve("run"));
    Files.write(directory.resolve("run/utmp"), new byte[800]);

    assertThat(read(Optional.of(directory)).sessions()).isEqualTo(new SshSessions(true, Map.of()));
  }

  @Test
  void sessionsThatMayNotBeReadAreNotTakenForNone() throws IOException {
    Path sessions = Files.createDirectories(directory.resolve("run/systemd/sessions"));
    Files.createSymbolicLink(sessions.resolve("3"), Path.of("/proc/self/mem"));

    assertThat(read(Optional.of(directory)).sessions()).isEqualTo(SshSessions.UNSEEN);
  }

  @Test
  void theKubeletsServerIsReadWhereTheHostsFilesAreVisible() throws IOException {
    write(
        "etc/kubernetes/kubelet.conf",
        "apiVersion: v1\nclusters:\n- cluster:\n    server: https://192.0.2.100:8443\n");

    assertThat(read(Optional.of(directory)).kubelet())
        .containsExactly(new Server(Optional.of(IpAddress.parse("192.0.2.100")), 8443));
    assertThat(read(Optional.empty()).kubelet()).isEmpty();
  }

  @Test
  void nameServersAreThoseBehindAStubOfThisMachine() throws IOException {
    write("etc/resolv.conf", "search example\nnameserver 127.0.0.53\n");
    write("run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\nnameserver fe80::1%eth0\n");

    assertThat(read(Optional.empty()).nameServers()).isEmpty();
    assertThat(read(Optional.of(directory)).nameServers())
        .containsExactly(IpAddress.parse("192.0.2.53"), IpAddress.parse("fe80::1"));
  }

  private NodeFacts read(Optional<Path> hostRoot) {
    try (NodeFacts facts = new ProtectedServicesReader(hostRoot, directory).read()) {
      return facts;
    }
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void withoutTheHostsFilesThereIsNothingOfSshd() {
    assertThat(read(Optional.empty()).sshd()).isEmpty();
  }

  @Test
  void theApiServerIsWhereTheUrlSays() {
    assertThat(ServerResolver.resolve(URI.create("https://192.0.2.1/")))
        .containsExactly(new Server(Optional.of(IpAddress.parse("192.0.2.1")), 443));
    assertThat(ServerResolver.resolve(URI.create("https://[2001:db8::1]:6443/")))
        .containsExactly(new Server(Optional.of(IpAddress.parse("2001:db8::1")), 6443));
    assertThat(ServerResolver.resolve(URI.create("https://nobody.invalid:6443/")))
        .containsExactly(new Server(Optional.empty(), 6443));
  }
}
