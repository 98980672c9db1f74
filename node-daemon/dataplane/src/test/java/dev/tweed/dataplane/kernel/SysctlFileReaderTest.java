package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.plan.HostSysctls;
import dev.tweed.dataplane.plan.SysctlLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SysctlFileReaderTest {

  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void link(String file, String target) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.createSymbolicLink(path, Path.of(target));
  }

  private HostSysctls read() {
    return new SysctlFileReader(root).read();
  }

  private static List<String> places(List<SysctlLine> lines) {
    return lines.stream().map(line -> line.file() + ":" + line.line()).toList();
  }

  @Test
  void hostWithoutAnySaysNothing() {
    assertThat(read()).isEqualTo(HostSysctls.NOTHING);
  }

  @Test
  void filesAreReadInTheirOrder() throws Exception {
    write("etc/sysctl.d/20-b.conf", "\nnet.ipv4.ip_forward=0\n");
    write("usr/lib/sysctl.d/10-a.conf", "net.ipv4.ip_forward=1\n");
    write("etc/sysctl.conf", "net.ipv4.ip_forward=1\n");

    assertThat(places(read().boot()))
        .containsExactly(
            "/usr/lib/sysctl.d/10-a.conf:1", "/etc/sysctl.d/20-b.conf:2", "/etc/sysctl.conf:1");
  }

  @Test
  void linkedFileIsToldOnceByItsOwnName() throws Exception {
    write("etc/sysctl.conf", "net.ipv4.ip_forward=0\n");
    link("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");

    assertThat(places(read().boot())).containsExactly("/etc/sysctl.conf:1");
  }

  @Test
  void absoluteLinkStaysOnTheHost() throws Exception {
    write("opt/site.conf", "net.ipv4.ip_forward=0\n");
    link("etc/sysctl.d/10-site.conf", "/opt/site.conf");

    assertThat(places(read().boot())).containsExactly("/opt/site.conf:1");
  }

  @Test
  void linkToDevNullSwitchesAFileOff() throws Exception {
    write("usr/lib/sysctl.d/10-a.conf", "net.ipv4.ip_forward=0\n");
    link("etc/sysctl.d/10-a.conf", "/dev/null");
    link("etc/sysctl.d/20-loop.conf", "20-loop.conf");

    assertThat(read().boot()).isEmpty();
  }

  @Test
  void ufwsOwnFileCountsWhenUfwStarts() throws Exception {
    write("etc/default/ufw", "IPV6=yes\nIPT_SYSCTL=/etc/ufw/sysctl.conf\n");
    write("etc/ufw/ufw.conf", "ENABLED=yes\n");
    write("etc/ufw/sysctl.conf", "# x\nnet/ipv4/ip_forward=0\n");

    assertThat(places(read().ufw())).containsExactly("/etc/ufw/sysctl.conf:2");
    assertThat(read().boot()).isEmpty();

    write("etc/ufw/ufw.conf", "ENABLED=no\n");
    assertThat(read().ufw()).isEmpty();
  }

  @Test
  void ufwMayBeToldAnotherFile() throws Exception {
    write("etc/default/ufw", "#IPT_SYSCTL=/etc/no.conf\nIPT_SYSCTL=\"/etc/sysctl.conf\"\n");
    write("etc/ufw/ufw.conf", "ENABLED=yes\n");
    write("etc/sysctl.conf", "net.ipv4.ip_forward=0\n");

    assertThat(places(read().ufw())).containsExactly("/etc/sysctl.conf:1");
  }
}
