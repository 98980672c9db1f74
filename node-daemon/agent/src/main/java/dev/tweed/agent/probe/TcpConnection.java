package dev.tweed.agent.probe;

import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** A TCP connection that is closed as soon as it stands, or is refused. */
final class TcpConnection implements KubeletProber.Connection {

  private Optional<SocketChannel> channel = Optional.empty();
  private boolean answered;

  private TcpConnection() {}

  /** Begins to connect, in the network namespace of the calling thread. */
  static TcpConnection begin(IpAddress address, int port) {
    TcpConnection made = new TcpConnection();
    try {
      SocketChannel opened =
          SocketChannel.open(
              switch (address.family()) {
                case IPV4 -> StandardProtocolFamily.INET;
                case IPV6 -> StandardProtocolFamily.INET6;
              });
      made.channel = Optional.of(opened);
      opened.configureBlocking(false);
      made.answered =
          opened.connect(new InetSocketAddress(InetAddress.getByAddress(address.toBytes()), port));
    } catch (IOException e) {
      made.failed(e);
    }
    return made;
  }

  @Override
  public boolean answered() {
    if (!answered && channel.isPresent()) {
      try {
        answered = channel.get().finishConnect();
      } catch (IOException e) {
        failed(e);
      }
    }
    return answered;
  }

  /** Everything but a refusal is what this host thinks of it. */
  private void failed(IOException e) {
    answered = e instanceof ConnectException && "Connection refused".equals(e.getMessage());
    close();
  }

  @Override
  public void close() {
    channel.ifPresent(
        c -> {
          try {
            c.close();
          } catch (IOException e) {
            // Nothing was sent that could be lost.
          }
        });
    channel = Optional.empty();
  }
}
