package dev.tweed.netlink.socket;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.codec.Message;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Tells a listener of changes in the network namespace the opening thread is in, from a platform
 * thread of its own. The listener must return quickly; while it works, events queue in the kernel,
 * and what does not fit there ends as one {@link NetlinkEvent.EventsLost}. So does the failure of a
 * socket, once it is open again.
 *
 * <p>What a listener throws goes to the thread's uncaught-exception handler; the next event is
 * delivered all the same.
 */
public final class NetlinkMonitor implements AutoCloseable {
  private static final int RECEIVE_QUEUE_BYTES = 4 << 20;
  private static final int INCOMING_BYTES = 64 << 10;
  private static final int REOPEN_MILLIS = 1000;
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTFD_BYTES = 8;

  private final Subscription subscription;
  private List<Subscription.Source> sources; // the thread's, once it runs
  private long openedAt = System.nanoTime();
  private final Consumer<NetlinkEvent> listener;
  private final Rest rest;
  private Optional<Duration> pause; // the thread's, once it runs
  private final LibC libc = LibC.get();
  private final int wakeUp;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Thread thread;
  private boolean wakeUpOpen = true; // guarded by thread

  private NetlinkMonitor(
      Subscription subscription,
      int wakeUp,
      Consumer<NetlinkEvent> listener,
      Optional<Duration> pause,
      Rest rest) {
    this.subscription = subscription;
    this.sources = subscription.open();
    this.wakeUp = wakeUp;
    this.listener = listener;
    this.pause = pause;
    this.rest = rest;
    this.thread = Thread.ofPlatform().name("netlink-monitor").daemon().unstarted(this::run);
  }

  /**
   * Subscribes and starts the thread. Changes after the return are told.
   *
   * @throws NetlinkException when the system gives no such socket; for {@link
   *     NetlinkGroup#NFTABLES} also when the kernel has no nfnetlink ({@code EPROTONOSUPPORT})
   */
  public static NetlinkMonitor open(Set<NetlinkGroup> groups, Consumer<NetlinkEvent> listener) {
    return open(groups, listener, () -> {});
  }

  /**
   * The same for a listener that takes many changes for one.
   *
   * @param drained called after one event or more, when no more are queued; it may take its time,
   *     as far as the queue lasts
   */
  public static NetlinkMonitor open(
      Set<NetlinkGroup> groups, Consumer<NetlinkEvent> listener, Runnable drained) {
    return open(subscription(groups), listener, drained);
  }

  /**
   * The same for one who has something to do now and then, too, in the thread of the monitor.
   *
   * @param pause until it is called first, if nothing happens before
   * @param rest may take its time, as far as the queue lasts
   */
  public static NetlinkMonitor open(
      Set<NetlinkGroup> groups, Consumer<NetlinkEvent> listener, Duration pause, Rest rest) {
    return open(subscription(groups), listener, Optional.of(pause), rest);
  }

  /**
   * What is called after one event or more, when no more are queued, and when its time has come.
   */
  @FunctionalInterface
  public interface Rest {
    /** Returns within which time it wants to be called again; empty is after events only. */
    Optional<Duration> call();
  }

  private static Subscription subscription(Set<NetlinkGroup> groups) {
    return new Subscription(groups, RECEIVE_QUEUE_BYTES, INCOMING_BYTES);
  }

  /** With other buffers than the usual ones: a test lets them overflow. */
  static NetlinkMonitor open(
      Subscription subscription, Consumer<NetlinkEvent> listener, Runnable drained) {
    return open(
        subscription,
        listener,
        Optional.empty(),
        () -> {
          drained.run();
          return Optional.empty();
        });
  }

  private static NetlinkMonitor open(
      Subscription subscription,
      Consumer<NetlinkEvent> listener,
      Optional<Duration> pause,
      Rest rest) {
    int wakeUp = LibC.get().eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
    if (wakeUp < 0) {
      throw NetlinkException.systemCall("eventfd", LibC.lastError());
    }
    try {
      NetlinkMonitor monitor = new NetlinkMonitor(subscription, wakeUp, listener, pause, rest);
      monitor.thread.start();
      return monitor;
    } catch (RuntimeException failure) {
      LibC.get().close(wakeUp);
      throw failure;
    }
  }

  /** The thread that delivers owns the descriptors and is the one to close them. */
  private void run() {
    try {
      while (!closing.get()) {
        try {
          listen();
        } catch (NetlinkException failure) {
          sources.forEach(source -> source.descriptor().close());
          sources = List.of();
          if (openAgain()) {
            deliver(new NetlinkEvent.EventsLost("opened again after: " + failure.getMessage()));
            settle();
          }
        }
      }
    } finally {
      sources.forEach(source -> source.descriptor().close());
      synchronized (thread) {
        wakeUpOpen = false;
        libc.close(wakeUp);
      }
    }
  }

  private void listen() {
    ByteBuffer polled = pollSet();
    while (!closing.get()) {
      int ready = libc.poll(polled, sources.size() + 1L, pollMillis());
      if (ready < 0) {
        int errno = LibC.lastError();
        if (errno == Errno.EINTR || errno == Errno.EAGAIN) {
          continue;
        }
        throw NetlinkException.systemCall("poll", errno);
      }
      boolean any = ready == 0;
      for (int i = 0; i < sources.size() && !closing.get(); i++) {
        if (polled.getShort(i * POLLFD_BYTES + 6) != 0) {
          drain(sources.get(i));
          any = true;
        }
      }
      if (any) {
        settle();
      }
    }
  }

  /** Tries until the sockets are open, which is true, or the monitor is closed. */
  private boolean openAgain() {
    ByteBuffer onlyWakeUp = pollSet();
    boolean soon = System.nanoTime() - openedAt < REOPEN_MILLIS * 1_000_000L;
    while (!closing.get()) {
      if (soon) {
        libc.poll(onlyWakeUp, 1, REOPEN_MILLIS);
      }
      soon = true;
      try {
        sources = subscription.open();
        openedAt = System.nanoTime();
        return true;
      } catch (NetlinkException again) {
        // What is short now may be had in a second.
      }
    }
    return false;
  }

  /** Not after the thread closed the descriptor: its number may be another file's by then. */
  private void wakeUp() {
    synchronized (thread) {
      if (wakeUpOpen) {
        libc.write(wakeUp, NetlinkDescriptor.direct(EVENTFD_BYTES).putLong(0, 1), EVENTFD_BYTES);
      }
    }
  }

  /** {@code struct pollfd} of each source, then of the wake-up. */
  private ByteBuffer pollSet() {
    ByteBuffer set = NetlinkDescriptor.direct(POLLFD_BYTES * (sources.size() + 1));
    for (int i = 0; i <= sources.size(); i++) {
      int fd = i < sources.size() ? sources.get(i).descriptor().number() : wakeUp;
      set.putInt(i * POLLFD_BYTES, fd).putShort(i * POLLFD_BYTES + 4, LibC.POLLIN);
    }
    return set;
  }

  /**
   * Tells what is queued, and of a loss when the queue is empty: only then does the kernel queue
   * events again (netlink_rcv_wake() in net/netlink/af_netlink.c), and it does not report what it
   * drops between its report of the loss and then. Told at once, a loss could make somebody read
   * the kernel's state too early.
   */
  private void drain(Subscription.Source source) {
    boolean lost = false;
    while (!closing.get()) {
      switch (source.descriptor().receive(false)) {
        case NetlinkDescriptor.Reception.Datagram datagram -> tell(source, datagram.bytes());
        case NetlinkDescriptor.Reception.Overrun overrun -> lost = true;
        case NetlinkDescriptor.Reception.Nothing nothing -> {
          if (lost) {
            deliver(new NetlinkEvent.EventsLost("the receive queue overflowed"));
          }
          return;
        }
      }
    }
  }

  private void tell(Subscription.Source source, ByteBuffer datagram) {
    List<NetlinkEvent> events = new ArrayList<>();
    try {
      for (Message message : Message.split(datagram)) {
        source.decoder().decode(message).ifPresent(events::add);
      }
    } catch (NetlinkException undecodable) {
      events.add(new NetlinkEvent.EventsLost(undecodable.getMessage()));
    }
    events.forEach(this::deliver);
  }

  private void deliver(NetlinkEvent event) {
    if (closing.get()) {
      return;
    }
    guarded(() -> listener.accept(event));
  }

  private void settle() {
    if (!closing.get()) {
      guarded(() -> pause = rest.call());
    }
  }

  /** Rounded up, or it would be called early and again; -1 is for ever. */
  private int pollMillis() {
    return pause.map(time -> (int) Math.max(0, time.toMillis() + 1)).orElse(-1);
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException failure) {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
    }
  }

  /** Whether events are still being delivered: false once closed. */
  public boolean isRunning() {
    return thread.isAlive() && !closing.get();
  }

  /**
   * Ends the thread; no event is delivered after the return. Called by the listener itself, it
   * returns before the thread has ended. Closing again does nothing.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      wakeUp();
    }
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // the thread ends at once; the caller learns of it afterwards
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
