package dev.tweed.firewall.rules;

import dev.tweed.ip.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A TCP socket of this network namespace, as /proc/net/tcp and /proc/net/tcp6 list them (proc(5),
 * net/ipv4/tcp_ipv4.c).
 *
 * @param local this end; unspecified while it listens for every address
 * @param localPort 0..65535
 * @param peer the other end; unspecified while it listens. IPv4 where the connection is IPv4, even
 *     if the socket is IPv6
 * @param peerPort 0..65535
 * @param listening whether it waits for connections
 */
record TcpSocket(IpAddress local, int localPort, IpAddress peer, int peerPort, boolean listening) {

  private static final String ESTABLISHED = "01";
  private static final String LISTEN = "0A";
  private static final Pattern LINE =
      Pattern.compile(
          "\\s*\\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})"
              + " ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) .*");
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  /**
   * Reads a listing; sockets that neither listen nor are connected are left out, and so are lines
   * that are no sockets.
   *
   * @param order of the machine's bytes: the kernel prints addresses as numbers of 32 bits
   */
  static List<TcpSocket> parse(String listing, ByteOrder order) {
    return listing.lines().flatMap(line -> parseLine(line, order).stream()).toList();
  }

  private static Optional<TcpSocket> parseLine(String line, ByteOrder order) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String state = matcher.group(5);
    if (!state.equals(ESTABLISHED) && !state.equals(LISTEN)) {
      return Optional.empty();
    }
    return Optional.of(
        new TcpSocket(
            address(matcher.group(1), order),
            Integer.parseInt(matcher.group(2), 16),
            address(matcher.group(3), order),
            Integer.parseInt(matcher.group(4), 16),
            state.equals(LISTEN)));
  }

  static IpAddress address(String words, ByteOrder order) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length() / 2).order(order);
    for (int i = 0; i < words.length(); i += 8) {
      bytes.putInt(Integer.parseUnsignedInt(words, i, i + 8, 16));
    }
    byte[] address = bytes.array();
    if (address.length == 16
        && Arrays.equals(address, 0, MAPPED.length, MAPPED, 0, MAPPED.length)) {
      return IpAddress.ofBytes(Arrays.copyOfRange(address, MAPPED.length, 16));
    }
    return IpAddress.ofBytes(address);
  }
}
