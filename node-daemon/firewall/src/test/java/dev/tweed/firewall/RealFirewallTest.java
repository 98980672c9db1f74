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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** As those programs make them; a drop among them is no firewall that needs rows of ours. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nftables | Tailscale    | iptables -N ts-input; iptables -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP; iptables -A ts-input -i tailscale0 -j ACCEPT; iptables -I INPUT -j ts-input; iptables -N ts-forward; iptables -A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000; iptables -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT; iptables -A ts-forward -s 100.64.0.0/10 -o tailscale0 -j DROP; iptables -I FORWARD -j ts-forward
          nftables | kube-proxy   | iptables -N KUBE-FIREWALL; iptables -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP; iptables -A INPUT -j KUBE-FIREWALL; iptables -A OUTPUT -j KUBE-FIREWALL; iptables -N KUBE-FORWARD; iptables -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP; iptables -A FORWARD -j KUBE-FORWARD; iptables -A FORWARD -d 10.96.0.5 -p tcp --dport 80 -j REJECT
          nftables | Docker's raw | iptables -t raw -A PREROUTING -d 172.17.0.2 ! -i docker0 -j DROP
          nftables | libvirt      | iptables -N LIBVIRT_FWI; iptables -A LIBVIRT_FWI -o virbr0 -j REJECT; iptables -N LIBVIRT_FWO; iptables -A LIBVIRT_FWO -i virbr0 -j REJECT; iptables -A FORWARD -j LIBVIRT_FWI; iptables -A FORWARD -j LIBVIRT_FWO; iptables -A INPUT -i virbr0 -p udp --dport 67 -j ACCEPT
          nftables | scans        | iptables -A INPUT -p tcp --tcp-flags ALL NONE -j DROP; iptables -A INPUT -m state --state INVALID -j DROP; iptables -A INPUT -f -j DROP; iptables -A INPUT -m addrtype --dst-type BROADCAST -j DROP
          nftables | a rate       | iptables -A INPUT -p tcp --syn -m connlimit --connlimit-above 50 -j REJECT; iptables -A INPUT -m limit --limit 5/min -j DROP
          nftables | a user       | iptables -A OUTPUT -m owner --uid-owner 1000 -j REJECT
          nftables | a mark       | iptables -A INPUT -m mark --mark 1 -j DROP; iptables -A FORWARD -m mark --mark 1 -j DROP
          nftables | fail2ban     | nft add table inet f2b-table; nft 'add chain inet f2b-table f2b-chain { type filter hook input priority -1; }'; nft 'add set inet f2b-table addr-set-sshd { type ipv4_addr; }'; nft add element inet f2b-table addr-set-sshd '{ 203.0.113.7 }'; nft add rule inet f2b-table f2b-chain tcp dport 22 ip saddr @addr-set-sshd reject
          iptables | a goto       | iptables -N closed; iptables -A closed -j DROP; iptables -A INPUT -g closed
          iptables | by protocols | iptables -A INPUT -p icmp -j ACCEPT; iptables -A INPUT -p udp -j DROP; iptables -A INPUT -p tcp -j DROP
          iptables | IPv6 alone   | ip6tables -P FORWARD DROP
          iptables | other ways   | iptables -A INPUT ! -i eth0 -j DROP
          iptables | all cards    | iptables -A INPUT -i eth+ -j DROP
          """)
  void aDropIsNoFirewallUnlessItDropsWhatNobodyNames(String places, String whose, String rules) {
    host.type(rules);

    assertThat(host.places()).isEqualTo(places);
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
