package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkEvent.NftPlace;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RulesetMonitorTest {

  /** Longer than a change may wait for others. */
  private static final int QUIET_MILLIS = 1000;

  private final Semaphore told = new Semaphore(0);

  @NetnsTest
  void flushedRuleSetIsTold(Netns node) throws Exception {
    node.sh("nft 'add table inet by-hand'");
    try (RulesetMonitor monitor = RulesetMonitor.open(told::release)) {
      node.sh("nft flush ruleset");

      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(monitor).isNotNull();
    }
  }

  @NetnsTest
  void flushedIptablesAreTold(Netns node) throws Exception {
    node.sh("iptables -A INPUT -p tcp --dport 22 -j ACCEPT");
    try (RulesetMonitor monitor = RulesetMonitor.open(told::release)) {
      node.sh("iptables -F");

      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(monitor).isNotNull();
    }
  }

  @NetnsTest
  void rulesOfServicesAreNot(Netns node) throws Exception {
    // Given a proxy's chains, and a jump to one
    node.sh("iptables -N KUBE-FORWARD; iptables -I FORWARD -j KUBE-FORWARD");
    node.sh("nft 'add table ip kube-proxy; add chain ip kube-proxy c; add table inet tweed'");
    try (RulesetMonitor monitor = RulesetMonitor.open(told::release)) {
      // When it writes them again, as it does every few seconds
      node.sh(
          """
          printf '%s\\n' '*filter' ':KUBE-FORWARD - [0:0]' ':KUBE-SERVICES - [0:0]' \
            '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP' COMMIT '*nat' \
            ':KUBE-SVC-1 - [0:0]' COMMIT | iptables-restore --noflush --counters -w
          iptables -C FORWARD -j KUBE-FORWARD
          nft 'flush chain ip kube-proxy c; add rule ip kube-proxy c drop; add chain inet tweed a'
          """);

      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      // And the monitor does listen
      node.sh("iptables -D FORWARD -j KUBE-FORWARD");
      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(monitor).isNotNull();
    }
  }

  @NetnsTest
  void lookingIsNoChange(Netns node) throws Exception {
    node.sh("iptables -A INPUT -p tcp --dport 22 -j ACCEPT");
    try (RulesetMonitor monitor = RulesetMonitor.open(told::release)) {
      node.sh("nft -j list ruleset; iptables -S; iptables-save; iptables -L; ip6tables -S");

      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(monitor).isNotNull();
    }
  }

  @NetnsTest
  void listenerThatRepairsComesToRest(Netns node) throws Exception {
    node.sh("nft 'add table inet by-hand'");
    try (RulesetMonitor monitor =
        RulesetMonitor.open(
            () -> {
              // Writes only if need be; on this thread, which is in the namespace.
              run("nft list table inet by-hand || nft add table inet by-hand");
              told.release();
            })) {
      node.sh("nft 'delete table inet by-hand'");

      // Then its own write is told, and nothing after that
      assertThat(told.tryAcquire(2, 20, TimeUnit.SECONDS)).isTrue();
      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(node.sh("nft list tables")).contains("by-hand");
      assertThat(monitor).isNotNull();
    }
  }

  @NetnsTest
  void manyChangesAreToldAsOne(Netns node) throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (RulesetMonitor monitor =
        RulesetMonitor.open(
            () -> {
              told.release();
              hold(release);
            })) {
      node.sh("nft 'add table inet by-hand'");
      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      // Given changes while the first is looked into
      for (int i = 0; i < 20; i++) {
        node.sh("nft 'add chain inet by-hand c%d'".formatted(i));
      }

      release.countDown();

      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(monitor).isNotNull();
    }
  }

  /** As CrowdSec does several times a second. */
  @NetnsTest
  void elementsOfOthersSetsAreNoChange(Netns node) throws Exception {
    node.sh(
        "nft 'add table inet crowd; add set inet crowd s { type ipv4_addr; }';"
            + " nft 'add table inet tweed-filter; add set inet tweed-filter s { type ipv4_addr; }'");
    try (RulesetMonitor monitor = RulesetMonitor.open(told::release)) {
      node.sh("nft add element inet crowd s '{ 192.0.2.9 }'");
      node.sh("nft delete element inet crowd s '{ 192.0.2.9 }'");
      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();

      node.sh("nft add element inet tweed-filter s '{ 192.0.2.9 }'");
      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(monitor).isNotNull();
    }
  }

  @Test
  void lossOfEventsMayBeAnything() {
    assertThat(RulesetMonitor.concerns(new NetlinkEvent.EventsLost("overflow"))).isTrue();
  }

  @Test
  void oneForeignChainAmongThoseOfAProxyIsEnough() {
    assertThat(RulesetMonitor.concerns(change("filter/KUBE-FORWARD", "nat/POSTROUTING"))).isFalse();
    assertThat(RulesetMonitor.concerns(change("filter/KUBE-FORWARD", "filter/ufw-user-input")))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"filter/", "firewalld/", "tweed-filter/input", "tweed-guard/", "mine/a"})
  void tablesThatMayDropConcernIt(String place) {
    assertThat(RulesetMonitor.concerns(change(place))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tweed/",
        "tweed/postrouting",
        "tweed-trace/sent",
        "tweed-tunnel/input",
        "kube-proxy/services",
        "nat/PREROUTING"
      })
  void othersDoNot(String place) {
    assertThat(RulesetMonitor.concerns(change(place))).isFalse();
  }

  private static NetlinkEvent change(String... places) {
    return new NetlinkEvent.NftablesChanged(
        Arrays.stream(places)
            .map(place -> place.split("/", -1))
            .map(parts -> new NftPlace(parts[0], parts[1]))
            .collect(Collectors.toSet()),
        1,
        "nft",
        0);
  }

  private static void run(String script) {
    try {
      new ProcessBuilder("sh", "-c", script)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void hold(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
