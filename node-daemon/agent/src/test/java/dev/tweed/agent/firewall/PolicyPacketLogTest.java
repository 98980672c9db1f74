package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.LoggedPacket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Packets that rules logged, as lines. */
class PolicyPacketLogTest {

  private final List<String> lines = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private long now;
  private final PolicyPacketLog log =
      new PolicyPacketLog(
          (packet, device) -> Optional.of("dropped").filter(packet.prefix()::equals),
          (rule, text) -> events.add(rule.policy() + ": " + text),
          lines::add,
          () -> now);

  @Test
  void aLineNamesPolicyRuleVerdictAndEnds() {
    log.take(packet("tweed would-deny api/ssh"));
    log.take(packet("somebody else's"));
    log.take(packet("dropped"));

    assertThat(lines)
        .containsExactly(
            "FirewallPolicy api, rule ssh: would deny TCP from [2001:db8::7]:4242 to"
                + " [2001:db8::1]:22",
            "dropped");
    assertThat(events).containsExactly("api: " + lines.getFirst());
  }

  @Test
  void whatIsMoreThanAMinuteHasRoomForIsANumber() {
    IntStream.range(0, 103).forEach(i -> log.take(packet("tweed deny api/ssh")));
    assertThat(lines).hasSize(100);

    now += Duration.ofMinutes(1).toNanos();
    log.take(packet("tweed deny api/ssh"));

    assertThat(lines).hasSize(102).contains("rules of policies logged 3 more packets");
  }

  private static LoggedPacket packet(String prefix) {
    return new LoggedPacket(
        prefix,
        1,
        0,
        0,
        Optional.of(
            new LoggedPacket.Header(
                IpAddress.parse("2001:db8::7"),
                IpAddress.parse("2001:db8::1"),
                6,
                OptionalInt.of(4242),
                OptionalInt.of(22))));
  }
}
