package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is said about real firewalls, held against what happens to real packets: what is reported as
 * blocked is, and passes once the commands are typed.
 */
@Tag("kernel")
class RealFirewallTest {

  @TempDir Path etc;
  @AutoClose private HostNamespaces host;

  @BeforeEach
  void makeNamespaces() throws IOException {
    host = new HostNamespaces(etc);
  }

  @Test
  void nothingIsInTheWayWithoutAFirewall() {
    assertThat(host.read().manager()).isEqualTo(Manager.NONE);
    assertThat(host.blockages()).isEmpty();
    assertThat(host.peerReachesPod()).isTrue();
    assertThat(host.podReachesPeer()).isTrue();
    assertThat(host.peerReachesTunnelPort()).isTrue();
  }

  @Test
  void ufwBlocksWhatIsReported() throws IOException {
    enableUfw();

    assertThat(host.read().manager()).isEqualTo(Manager.UFW);
    assertThat(host.read().state()).isEqualTo(State.ACTIVE);
    assertThat(host.blockages()).hasSize(3);
    assertThat(host.peerReachesPod()).isFalse();
    assertThat(host.podReachesPeer()).isFalse();
    assertThat(host.peerReachesTunnelPort()).isFalse();
  }

  @Test
  void packetsPassUfwOnceTheCommandsAreTyped() throws IOException {
    enableUfw();

    typeTheAdvice();

    assertThat(host.blockages()).isEmpty();
    assertThat(host.peerReachesPod()).isTrue();
    assertThat(host.podReachesPeer()).isTrue();
    assertThat(host.peerReachesTunnelPort()).isTrue();
  }

  @Test
  void ufwIsInactiveOnceDisabled() throws IOException {
    enableUfw();

    host.type("ufw disable");

    assertThat(host.read().manager()).isEqualTo(Manager.UFW);
    assertThat(host.read().state()).isEqualTo(State.INACTIVE);
    assertThat(host.blockages()).isEmpty();
    assertThat(host.peerReachesPod()).isTrue();
  }

  @Test
  void ufwIsFoundFromAPodThatSeesNoneOfItsFiles() throws IOException {
    enableUfw();

    Files.delete(etc.resolve("etc/ufw/ufw.conf"));

    assertThat(host.read().manager()).isEqualTo(Manager.UFW);
    assertThat(host.read().state()).isEqualTo(State.ACTIVE);
  }

  @Test
  void aReloadThatFailedIsTold() throws IOException {
    enableUfw();
    Path conf = etc.resolve("etc/ufw/ufw.conf");

    Files.writeString(conf, Files.readString(conf).replace("ENABLED=yes", "ENABLED=no"));

    assertThat(host.read().state()).isEqualTo(State.ACTIVE);
    assertThat(host.read().reason()).contains("ENABLED=no").endsWith("type: ufw enable");
  }

  @Test
  void packetsPassIptablesOnceTheCommandsAreTyped() {
    host.type("iptables -P FORWARD DROP; iptables -P INPUT DROP");
    assertThat(host.peerReachesPod()).isFalse();
    assertThat(host.blockages()).hasSize(3);

    host.type("iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    typeTheAdvice();

    assertThat(host.blockages()).isEmpty();
    assertThat(host.peerReachesPod()).isTrue();
    assertThat(host.podReachesPeer()).isTrue();
    assertThat(host.peerReachesTunnelPort()).isTrue();
  }

  @Test
  void packetsPassNftablesOnceTheCommandsAreTyped() {
    host.type(
        """
        nft add table inet filter
        nft add chain inet filter forward '{ type filter hook forward priority 0; policy drop; }'
        nft add chain inet filter input '{ type filter hook input priority 0; policy drop; }'
        nft add rule inet filter forward ct state established,related accept
        nft add rule inet filter input iif lo accept
        """);
    assertThat(host.peerReachesPod()).isFalse();
    assertThat(host.blockages()).hasSize(3);

    typeTheAdvice();

    assertThat(host.blockages()).isEmpty();
    assertThat(host.peerReachesPod()).isTrue();
    assertThat(host.podReachesPeer()).isTrue();
    assertThat(host.peerReachesTunnelPort()).isTrue();
  }

  private void enableUfw() throws IOException {
    Needs.program("/usr/sbin/ufw", "ufw");
    host.installUfw();
    host.type("ufw --force enable");
  }

  private void typeTheAdvice() {
    host.blockages().stream().flatMap(blockage -> blockage.commands().stream()).forEach(host::type);
  }
}
