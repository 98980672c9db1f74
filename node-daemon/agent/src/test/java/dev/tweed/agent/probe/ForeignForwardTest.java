package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.UfwFiles;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.Reachable;
import dev.tweed.dataplane.Backend;
import dev.tweed.netlink.testing.Needs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Firewalls of others that forward nothing, on a host where bridged packets pass them too: what
 * becomes of packets of pods becomes of probes, and the chain that does it is named.
 */
@Tag("kernel")
class ForeignForwardTest {

  /** In which a kernel next door answers. */
  private static final Duration SHORT = Duration.ofMillis(200);

  private static final Duration LONG = Duration.ofSeconds(10);

  @TempDir static Path dir;
  private static NodePair nodes;

  @BeforeAll
  static void setUp() {
    nodes =
        new NodePair(
            dir,
            new Backend.Vxlan(1, 8472, false),
            List.of("192.0.2.N", "2001:db8::N"),
            List.of("10.244.0.0/16", "fd00:10:244::/48"),
            List.of("10.244.N.0/24", "fd00:10:244:N::/64"));
    for (NodePair.Node node : List.of(nodes.first, nodes.second)) {
      node.host()
          .sh(
              "sysctl -qw net.bridge.bridge-nf-call-iptables=1"
                  + " net.bridge.bridge-nf-call-ip6tables=1");
    }
  }

  @AfterAll
  static void tearDown() {
    nodes.close();
  }

  @AfterEach
  void packetsPassAgain() {
    // All but Tweed's, which the loss of would be another fault.
    nodes
        .first
        .host()
        .sh(
            """
            nft list tables | while read -r table family name; do
              case "$name" in tweed*) ;; *) nft delete table "$family" "$name" ;; esac
            done
            """);
    nodes.awaitAnswers();
    assertThat(nodes.podsReached(LONG)).hasSize(2);
  }

  /** Of Docker 28, as iptables-save shows it. */
  @Test
  void dockersIsToldByItsChain() {
    Needs.program("/usr/sbin/iptables-nft", "iptables");
    nodes.awaitAnswers();

    docker("iptables-nft");
    docker("ip6tables-nft");

    assertThat(told(Cause.SILENT))
        .anySatisfy(of("10.244.2.0/24", "by chain FORWARD of table ip filter"))
        .anySatisfy(of("fd00:10:244:2::/64", "by chain FORWARD of table ip6 filter"));
  }

  /** As without "ip6tables" in its configuration. */
  @Test
  void oneOfIpv4OnlyMakesTheNodeUnready() {
    Needs.program("/usr/sbin/iptables-nft", "iptables");
    nodes.awaitAnswers();

    docker("iptables-nft");

    Reachability lost =
        nodes.awaitFound(r -> r.unreached().stream().anyMatch(p -> p.where() == Where.LEAVING));
    assertThat(nodes.podsReached(SHORT)).hasSize(1);
    assertThat(nodes.judge(lost).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.blocking()).isTrue();
              assertThat(finding.message())
                  .startsWith(
                      "1 of 1 living peers' IPv4 blocks are not reached because of this host")
                  .endsWith("by chain FORWARD of table ip filter");
            });
  }

  private static void docker(String program) {
    nodes
        .first
        .host()
        .sh(
            """
            ip link show docker0 >&- 2>&- || ip link add docker0 type bridge
            IPT-restore --noflush <<.
            *filter
            :FORWARD DROP
            :DOCKER -
            :DOCKER-BRIDGE -
            :DOCKER-CT -
            :DOCKER-FORWARD -
            :DOCKER-ISOLATION-STAGE-1 -
            :DOCKER-ISOLATION-STAGE-2 -
            :DOCKER-USER -
            -A FORWARD -j DOCKER-USER
            -A FORWARD -j DOCKER-FORWARD
            -A DOCKER ! -i docker0 -o docker0 -j DROP
            -A DOCKER-BRIDGE -o docker0 -j DOCKER
            -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A DOCKER-FORWARD -j DOCKER-CT
            -A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
            -A DOCKER-FORWARD -j DOCKER-BRIDGE
            -A DOCKER-FORWARD -i docker0 -j ACCEPT
            -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
            -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
            COMMIT
            .
            """
                .replace("IPT", program));
  }

  @Test
  void ufwsIsToldByItsChain() {
    nodes.awaitAnswers();
    UfwFiles ufw = UfwFiles.install(dir.resolve("ufw"), nodes.first.host());
    assertThat(ufw.text("etc/default/ufw")).contains("DEFAULT_FORWARD_POLICY=\"DROP\"");
    ufw.ufw("allow 8472/udp");
    ufw.ufw("--force enable");

    assertThat(told(Cause.SILENT))
        .anySatisfy(of("10.244.2.0/24", "by chain FORWARD of table ip filter"))
        .anySatisfy(of("fd00:10:244:2::/64", "by chain FORWARD of table ip6 filter"));
  }

  /** Of firewalld 2, as nft lists it with the default zone on all devices. */
  @Test
  void firewalldsIsToldByItsChain() {
    nodes.awaitAnswers();

    nodes
        .first
        .host()
        .exec(
            "nft",
            """
            table inet firewalld {
              chain filter_FORWARD {
                type filter hook forward priority filter + 10; policy accept;
                ct state { established, related } accept
                ct status dnat accept
                iifname "lo" accept
                ct state invalid drop
                ip6 daddr { ::/96, ::ffff:0.0.0.0/96, 2002::/24 } reject with icmpv6 addr-unreachable
                jump filter_FORWARD_ZONES
                reject with icmpx admin-prohibited
              }
              chain filter_FORWARD_ZONES {
                iifname "eth0" goto filter_FWD_public
                goto filter_FWD_public
              }
              chain filter_FWD_public {
                jump filter_FWD_public_pre
                jump filter_FWD_public_log
                jump filter_FWD_public_deny
                jump filter_FWD_public_allow
                jump filter_FWD_public_post
                reject with icmpx admin-prohibited
              }
              chain filter_FWD_public_pre { }
              chain filter_FWD_public_log { }
              chain filter_FWD_public_deny { }
              chain filter_FWD_public_allow { oifname "eth0" accept; }
              chain filter_FWD_public_post { }
            }
            """);

    assertThat(told(Cause.REJECTED))
        .anySatisfy(of("10.244.2.0/24", "by chain filter_FORWARD of table inet firewalld"))
        .anySatisfy(of("fd00:10:244:2::/64", "by chain filter_FORWARD of table inet firewalld"));
  }

  /** What is lost, each with where, after packets of pods were seen to be cut off. */
  private static List<UnreachedPeer> told(Cause cause) {
    Reachability lost =
        nodes.awaitFound(
            r ->
                r.unreached().size() == 2
                    && r.unreached().stream()
                        .allMatch(p -> p.cause() == cause && p.where() != Where.UNKNOWN));
    assertThat(nodes.podsReached(SHORT)).isEmpty();
    Reachable judged = nodes.judge(lost);
    assertThat(judged.reason()).isEqualTo(Reachable.Reason.NoPeerAnswers);
    assertThat(judged.findings())
        .singleElement()
        .extracting(NodeFinding::message)
        .asString()
        .contains(lost.unreached().getFirst().detail());
    return lost.unreached();
  }

  private static Consumer<UnreachedPeer> of(String block, String chain) {
    return peer -> {
      assertThat(peer.block()).hasToString(block);
      assertThat(peer.where()).isEqualTo(Where.LEAVING);
      assertThat(peer.detail()).contains("dropped in FORWARD of this host " + chain);
    };
  }
}
