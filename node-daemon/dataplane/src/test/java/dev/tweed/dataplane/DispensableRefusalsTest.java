package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Errno;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the kernel refuses and pods do without is told, and keeps no node from being ready. */
@Tag("kernel")
class DispensableRefusalsTest {

  private static final Example EXAMPLE = Example.vxlan().with(Example.peer(2));

  /** Nobody asked for translation, and the plugin portmap has made the port's rules. */
  @Test
  void aPortOfThePodsThatCannotBeKeptLeavesTheNodeReady() {
    try (FaultyNode node = new FaultyNode()) {
      node.seams.follow(
          step ->
              step.text().contains("DestinationNat")
                  ? Optional.of(new Seams.Fault.Refuse(Errno.ENOENT))
                  : Optional.empty());

      SyncReport report =
          node.sync(
              EXAMPLE
                  .with(new Masquerade(false, List.of(), true))
                  .snapshot()
                  .with(
                      List.of(
                          new HostPort(
                              IpAddress.parse("10.244.1.10"),
                              8080,
                              HostPort.Protocol.TCP,
                              80,
                              Optional.empty()))));

      assertThat(report.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.reason()).isEqualTo(Reason.NftUnavailable);
                assertThat(finding.isBlocking()).isFalse();
              });
      assertThat(report.verified()).isTrue();
    }
  }

  /** A network of the administrators, say. */
  @Test
  void advertisementsOnADeviceThatPodsDoNotUseLeaveTheNodeReady() {
    try (FaultyNode node = new FaultyNode()) {
      node.netns.sh(
          """
          sysctl -qw net.ipv6.conf.all.forwarding=0
          ip link add up1 type veth peer name far1; ip link set far1 up; sysctl -qw net.ipv6.conf.up1.accept_ra=1
          ip link set up1 up; ip -6 addr add 2001:db8:9::7/64 dev up1 valid_lft 1800 preferred_lft 1800
          """);
      node.seams.follow(
          step ->
              step.text().endsWith("up1/accept_ra")
                  ? Optional.of(new Seams.Fault.Refuse(Errno.EPERM))
                  : Optional.empty());

      SyncReport report = node.sync(EXAMPLE.dualStack());

      assertThat(report.findings())
          .extracting(Finding::object)
          .containsExactly("net/ipv6/conf/up1/accept_ra");
      assertThat(report.verified()).isTrue();
    }
  }
}
