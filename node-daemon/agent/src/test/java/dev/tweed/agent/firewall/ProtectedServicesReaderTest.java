package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
    Files.writeString(directory.resolve("tcp"), "header\n");

    FirewallHost.SocketSight sight =
        new ProtectedServicesReader(Optional.of(directory), directory).read();

    assertThat(sight.sshd()).containsExactly("Port 2222\n", "Port 2223\n");
    assertThat(sight.tcp()).containsExactly("header\n");
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

    assertThat(new ProtectedServicesReader(Optional.of(directory), directory).read().sshd())
        .endsWith("a", "b", "c", "d", "e")
        .hasSize(6);
  }

  @Test
  void whatTellsTheApiServerAndTheKubeletTheirPortsIsRead() throws IOException {
    write("etc/kubernetes/manifests/kube-apiserver.yaml", "a");
    write("var/lib/kubelet/config.yaml", "b");

    assertThat(new ProtectedServicesReader(Optional.of(directory), directory).read().kubernetes())
        .containsExactly("a", "b");
  }

  @Test
  void socketsAndRoutesAreThoseOfBothFamilies() throws IOException {
    write("tcp", "a");
    write("tcp6", "b");
    write("route", "c");
    write("ipv6_route", "d");

    FirewallHost.SocketSight sight =
        new ProtectedServicesReader(Optional.empty(), directory).read();

    assertThat(sight.tcp()).containsExactly("a", "b");
    assertThat(sight.routes()).containsExactly("c", "d");
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void withoutTheHostsFilesThereIsNothingOfSshd() {
    assertThat(new ProtectedServicesReader(Optional.empty(), directory).read().sshd()).isEmpty();
  }

  @Test
  void theApiServerIsWhereTheUrlSays() {
    assertThat(ApiEndpoint.of(URI.create("https://192.0.2.1/")).port()).isEqualTo(443);
    ApiEndpoint v6 = ApiEndpoint.of(URI.create("https://[2001:db8::1]:6443/"));
    assertThat(v6.port()).isEqualTo(6443);
    assertThat(v6.addresses()).extracting(Object::toString).containsExactly("2001:db8::1");
    assertThat(ApiEndpoint.of(URI.create("https://nobody.invalid:6443/")).addresses()).isEmpty();
  }
}
