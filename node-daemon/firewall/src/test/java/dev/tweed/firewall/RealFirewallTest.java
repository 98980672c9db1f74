package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  /** As fail2ban does in Debian, by iptables and by nft, and CrowdSec. */
  @Test
  void bansOfSourcesAreNoFirewall() {
    host.type(
        """
        iptables -N f2b-sshd; iptables -A f2b-sshd -j RETURN
        iptables -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
        iptables -I f2b-sshd 1 -s 203.0.113.66 -j REJECT --reject-with icmp-port-unreachable
        iptables -N bans; iptables -A bans -j DROP; iptables -A INPUT -s 203.0.113.0/28 -j bans
        nft add table inet f2b-table
        nft add set inet f2b-table addr-set-sshd '{ type ipv4_addr; elements = { 203.0.113.66 }; }'
        nft add chain inet f2b-table f2b-chain '{ type filter hook input priority -1; }'
        nft add rule inet f2b-table f2b-chain tcp dport 22 ip saddr @addr-set-sshd reject
        nft add rule inet f2b-table f2b-chain ip saddr 203.0.113.1-203.0.113.6 drop
        """);

    assertThat(host.read().manager()).isEqualTo(Manager.NONE);
    assertThat(host.places()).isEqualTo("nftables");

    host.type("iptables -A f2b-sshd ! -s 192.0.2.0/24 -j DROP");
    assertThat(host.read().manager()).isEqualTo(Manager.IPTABLES);

    host.type("iptables -F f2b-sshd; iptables -P INPUT DROP");
    assertThat(host.read().manager()).isEqualTo(Manager.IPTABLES);
    assertThat(host.places()).isEqualTo("iptables");

    host.type(
        """
        iptables -P INPUT ACCEPT; iptables -A INPUT -i lo -j ACCEPT
        iptables -N A; iptables -N B; iptables -A INPUT -j A; iptables -A A -j B; iptables -A B -j DROP
        """);
    assertThat(host.places()).isEqualTo("iptables");

    host.type("iptables -F INPUT; iptables -F B");
    host.type("nft add rule inet f2b-table f2b-chain ip saddr != @addr-set-sshd drop");
    assertThat(host.read().manager()).isEqualTo(Manager.NFTABLES);

    host.type("nft flush chain inet f2b-table f2b-chain");
    assertThat(host.read().manager()).isEqualTo(Manager.NONE);
    for (String network :
        List.of("ip saddr 0.0.0.0/0", "ip saddr 10.0.0.0/8", "ip6 saddr fd00::/8")) {
      host.type("nft add rule inet f2b-table f2b-chain %s drop".formatted(network));
      assertThat(host.read().manager()).as(network).isEqualTo(Manager.NFTABLES);
      host.type("nft flush chain inet f2b-table f2b-chain");
    }
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
