package dev.tweed.agent.firewall;

import dev.tweed.firewall.nft.NftLogPrefix;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.LoggedPacket;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/** Logged packets in lines, such as {@code FirewallPolicy api, rule ssh: would deny TCP ...}. */
public final class PolicyPacketText {

  private PolicyPacketText() {}

  /**
   * The line.
   *
   * @param device name of one by its index
   */
  static String of(NftLogPrefix rule, LoggedPacket packet, IntFunction<Optional<String>> device) {
    return "FirewallPolicy %s, rule %s: %s%s"
        .formatted(
            rule.policy(), rule.rule(), rule.verdict().replace('-', ' '), of(packet, device));
  }

  /** What is said of the packet itself, after a verb. */
  public static String of(LoggedPacket packet, IntFunction<Optional<String>> device) {
    StringBuilder text = new StringBuilder();
    packet
        .header()
        .ifPresentOrElse(
            header ->
                text.append(' ')
                    .append(protocol(header.protocol()))
                    .append(" from ")
                    .append(end(header.source(), header.sourcePort()))
                    .append(" to ")
                    .append(end(header.destination(), header.destinationPort())),
            () -> text.append(" a packet that is not whole"));
    by(text, ", in by ", packet.inputIndex(), device);
    by(text, ", out by ", packet.outputIndex(), device);
    return text.toString();
  }

  private static void by(
      StringBuilder text, String words, int index, IntFunction<Optional<String>> device) {
    if (index != 0) {
      text.append(words).append(device.apply(index).orElse("device " + index));
    }
  }

  private static String end(IpAddress address, OptionalInt port) {
    if (port.isEmpty()) {
      return address.toString();
    }
    return (address.family() == AddressFamily.IPV6 ? "[" + address + "]" : address.toString())
        + ":"
        + port.getAsInt();
  }

  private static String protocol(int number) {
    return switch (number) {
      case 1 -> "ICMP";
      case 6 -> "TCP";
      case 17 -> "UDP";
      case 58 -> "ICMPv6";
      case 132 -> "SCTP";
      default -> "protocol " + number;
    };
  }
}
