package dev.tweed.netlink.socket;

import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.codec.Acknowledgement;
import dev.tweed.netlink.codec.Message;
import dev.tweed.netlink.codec.MessageWriter;
import dev.tweed.netlink.codec.PacketLogDecoder;
import dev.tweed.netlink.codec.QueryEncoder;
import dev.tweed.netlink.codec.Rt;
import dev.tweed.netlink.nft.NfExpression;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Tells a listener of the packets that rules log to a group, in the network namespace the opening
 * thread is in, from a platform thread of its own, up to a second after them. What the listener is
 * too slow for is lost. Needs the capability NET_ADMIN.
 */
public final class PacketLog implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int RECEIVE_QUEUE_BYTES = 256 << 10;
  private static final int INCOMING_BYTES = 64 << 10;
  private static final int REQUEST_BYTES = 256;
  private static final int SEQUENCE = 1;
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTFD_BYTES = 8;

  private final LibC libc = LibC.get();
  private final NetlinkDescriptor descriptor;
  private final Consumer<LoggedPacket> listener;
  private final int wakeUp;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Thread thread =
      Thread.ofPlatform().name("packet-log").daemon().unstarted(this::run);
  private boolean wakeUpOpen = true; // guarded by thread

  private PacketLog(NetlinkDescriptor descriptor, int wakeUp, Consumer<LoggedPacket> listener) {
    this.descriptor = descriptor;
    this.wakeUp = wakeUp;
    this.listener = listener;
  }

  /**
   * Takes a group. Packets logged after the return are told.
   *
   * @param group 0..65535
   * @throws NetlinkException when the kernel has no packet log, or another process has the group
   */
  public static PacketLog open(int group, Consumer<LoggedPacket> listener) {
    NetlinkDescriptor descriptor =
        NetlinkDescriptor.open(Rt.NETLINK_NETFILTER, RECEIVE_QUEUE_BYTES, INCOMING_BYTES);
    try {
      bind(descriptor, group);
      int wakeUp = LibC.get().eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
      if (wakeUp < 0) {
        throw NetlinkException.systemCall("eventfd", LibC.lastError());
      }
      PacketLog log = new PacketLog(descriptor, wakeUp, listener);
      log.thread.start();
      return log;
    } catch (RuntimeException failure) {
      descriptor.close();
      throw failure;
    }
  }

  private static void bind(NetlinkDescriptor descriptor, int group) {
    descriptor.setReceiveTimeout(PATIENCE);
    ByteBuffer request = NetlinkDescriptor.direct(REQUEST_BYTES);
    new QueryEncoder(new MessageWriter(request))
        .packetLog(group, NfExpression.Log.COPIED_BYTES, SEQUENCE);
    descriptor.send(request);
    while (true) {
      if (!(descriptor.receive(true) instanceof NetlinkDescriptor.Reception.Datagram answer)) {
        throw new NetlinkException(
            NetlinkException.Reason.TIMEOUT, 0, "the kernel did not answer in " + PATIENCE);
      }
      for (Message message : Message.split(answer.bytes())) {
        if (message.type() == Rt.NLMSG_ERROR && message.sequence() == SEQUENCE) {
          Acknowledgement.decode(message)
              .error()
              .ifPresent(
                  error -> {
                    throw new NetlinkException(
                        NetlinkException.Reason.REFUSED,
                        error.errno(),
                        "group %d of the packet log: %s".formatted(group, error));
                  });
          return;
        }
      }
    }
  }

  private void run() {
    try {
      ByteBuffer polled = NetlinkDescriptor.direct(2 * POLLFD_BYTES);
      polled.putInt(0, descriptor.number()).putShort(4, LibC.POLLIN);
      polled.putInt(POLLFD_BYTES, wakeUp).putShort(POLLFD_BYTES + 4, LibC.POLLIN);
      while (!closing.get()) {
        libc.poll(polled, 2, -1);
        drain();
      }
    } catch (NetlinkException failed) {
      // The socket itself: nothing more comes of it.
      thread.getUncaughtExceptionHandler().uncaughtException(thread, failed);
    } finally {
      descriptor.close();
      synchronized (thread) {
        wakeUpOpen = false;
        libc.close(wakeUp);
      }
    }
  }

  private void drain() {
    while (!closing.get()
        && descriptor.receive(false) instanceof NetlinkDescriptor.Reception.Datagram datagram) {
      try {
        for (Message message : Message.split(datagram.bytes())) {
          PacketLogDecoder.packet(message).ifPresent(listener);
        }
      } catch (RuntimeException failure) {
        // What cannot be read, or the listener does not take, is lost; the next is told.
        thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
      }
    }
  }

  /** Gives the group back and ends the thread; nothing is told after the return. */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      synchronized (thread) {
        if (wakeUpOpen) {
          libc.write(wakeUp, NetlinkDescriptor.direct(EVENTFD_BYTES).putLong(0, 1), EVENTFD_BYTES);
        }
      }
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
