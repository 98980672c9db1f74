package dev.tweed.netlink.socket;

import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.codec.Acknowledgement;
import dev.tweed.netlink.codec.Message;
import dev.tweed.netlink.codec.MessageWriter;
import dev.tweed.netlink.codec.NfRequestEncoder;
import dev.tweed.netlink.codec.QueryEncoder;
import dev.tweed.netlink.codec.RequestEncoder;
import dev.tweed.netlink.codec.Rt;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTables;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;

/**
 * Question and answer over one socket: matches answers to questions by sequence number, knows when
 * an answer is complete, and lets one exchange run at a time.
 */
final class KernelExchange {
  /** How long the kernel may keep us waiting for one answer. It normally takes microseconds. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration RECEIVE_TIMEOUT = Duration.ofSeconds(1);
  private static final int RECEIVE_QUEUE_BYTES = 4 << 20;

  /**
   * The kernel fills up to 32 KiB per datagram of a dump when it is given as much (af_netlink.c).
   */
  private static final int INCOMING_BYTES = 64 << 10;

  /**
   * What send(2) takes is not left to net.core.wmem_default: beyond it gives EMSGSIZE. A process
   * has several of these, and thousands of requests are some more datagrams.
   */
  private static final int OUTGOING_BYTES = 32 << 10;

  /** If all of these were refused, their error messages still fit the receive queue. */
  private static final int MAX_BATCH = 1000;

  /**
   * Each answer takes a page of the receive queue, which without CAP_NET_ADMIN has room for 90
   * (net.core.rmem_max). More at a time would not be faster, for each is received by itself.
   */
  private static final int MAX_QUESTIONS = 64;

  private static final int MAX_DUMP_ATTEMPTS = 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final NetlinkDescriptor descriptor;
  private final ByteBuffer outgoing = NetlinkDescriptor.direct(OUTGOING_BYTES);
  private final MessageWriter writer = new MessageWriter(outgoing);
  private final QueryEncoder query = new QueryEncoder(writer);
  private final RequestEncoder request = new RequestEncoder(writer);
  private int lastSequence;
  private boolean closed;

  private KernelExchange(NetlinkDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** Over a new socket of this protocol, NETLINK_ROUTE or NETLINK_NETFILTER. */
  static KernelExchange open(int protocol) {
    NetlinkDescriptor descriptor =
        NetlinkDescriptor.open(protocol, RECEIVE_QUEUE_BYTES, INCOMING_BYTES);
    try {
      descriptor.setReceiveTimeout(RECEIVE_TIMEOUT);
      descriptor.allowSending(OUTGOING_BYTES);
    } catch (RuntimeException failure) {
      descriptor.close();
      throw failure;
    }
    return new KernelExchange(descriptor);
  }

  int port() {
    return descriptor.port();
  }

  /** Applies requests in as few datagrams as they fit. */
  BatchResult execute(List<RtRequest> batch) {
    List<RtRequest> requests = List.copyOf(batch);
    lock.lock();
    try {
      requireOpen();
      Map<Integer, NetlinkError> errors = new HashMap<>();
      int next = 0;
      while (next < requests.size()) {
        int first = next;
        int firstSequence = lastSequence + 1;
        writer.clear();
        while (next < requests.size()
            && next - first < MAX_BATCH
            && writer.remaining() >= RequestEncoder.MAX_BYTES) {
          request.encode(requests.get(next++), ++lastSequence);
        }
        writer.requestAck();
        descriptor.send(outgoing);
        awaitVerdicts(first, firstSequence, next - first, errors);
      }
      return new BatchResult(requests, errors);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads until the verdict on the last message. The kernel handles a datagram's messages in order
   * and answers a refused one although no ACK was asked, so what has no answer by then was applied.
   */
  private void awaitVerdicts(
      int firstPosition, int firstSequence, int count, Map<Integer, NetlinkError> errors) {
    Deadline deadline = new Deadline();
    while (true) {
      for (Message message : receive(deadline)) {
        int offset = message.sequence() - firstSequence;
        if (message.type() != Rt.NLMSG_ERROR || offset < 0 || offset >= count) {
          continue;
        }
        Acknowledgement.decode(message)
            .error()
            .ifPresent(error -> errors.put(firstPosition + offset, error));
        if (offset == count - 1) {
          return;
        }
      }
    }
  }

  /**
   * Applies requests to nf_tables, all of them or none.
   *
   * @return why not
   */
  Optional<NfTables.Refusal> transact(List<NfRequest> transaction) {
    int bytes = NfRequestEncoder.maxBytes(transaction);
    lock.lock();
    try {
      requireOpen();
      int first = lastSequence + 1;
      lastSequence += transaction.size() + 2;
      if (bytes <= OUTGOING_BYTES) {
        writer.clear();
        new NfRequestEncoder(writer).encode(transaction, first);
        descriptor.send(outgoing);
      } else {
        ByteBuffer large = NetlinkDescriptor.direct(bytes);
        new NfRequestEncoder(new MessageWriter(large)).encode(transaction, first);
        descriptor.allowSending(bytes);
        descriptor.send(large);
      }
      return awaitVerdict(transaction, first);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads until the verdict on the last request. The kernel tells which are not possible only after
   * it has looked at all of them, in order, and so the first error is the cause; what has nothing
   * to do with one request, it tells of the beginning, and maybe nothing else
   * (nfnetlink_rcv_batch() in net/netfilter/nfnetlink.c).
   */
  private Optional<NfTables.Refusal> awaitVerdict(List<NfRequest> transaction, int first) {
    Deadline deadline = new Deadline();
    Optional<NfTables.Refusal> refusal = Optional.empty();
    while (true) {
      for (Message message : receive(deadline)) {
        int number = message.sequence() - first;
        if (message.type() != Rt.NLMSG_ERROR || number < 0 || number > transaction.size()) {
          continue;
        }
        Optional<NetlinkError> error = Acknowledgement.decode(message).error();
        if (refusal.isEmpty()) {
          Optional<NfRequest> request =
              number == 0 ? Optional.empty() : Optional.of(transaction.get(number - 1));
          refusal = error.map(e -> new NfTables.Refusal(request, e));
        }
        if (number == transaction.size() || number == 0 && error.isPresent()) {
          return refusal;
        }
      }
    }
  }

  /** Asks for one thing; empty when the kernel's refusal means that there is none. */
  <T> Optional<T> get(
      ObjIntConsumer<QueryEncoder> encode,
      int answerType,
      Function<Message, Optional<T>> decode,
      Predicate<NetlinkError> meansNone) {
    lock.lock();
    try {
      int sequence = ask(encode);
      Deadline deadline = new Deadline();
      Optional<T> answer = Optional.empty();
      while (true) {
        for (Message message : receive(deadline)) {
          if (message.sequence() != sequence) {
            continue;
          }
          if (message.type() == answerType) {
            answer = decode.apply(message);
          } else if (message.type() == Rt.NLMSG_ERROR) {
            Optional<NetlinkError> error = Acknowledgement.decode(message).error();
            if (error.isPresent() && !meansNone.test(error.get())) {
              throw refused(error.get());
            }
            return error.isPresent() ? Optional.empty() : answer;
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Writes one question of a kind. */
  interface QuestionEncoder<Q> {
    void encode(QueryEncoder query, Q question, int sequence);
  }

  /**
   * Asks many questions, each of which has one message for an answer: one of the type given, or a
   * refusal. The answers are in the order of the questions.
   */
  <Q, T> List<T> getEach(
      List<Q> questions,
      QuestionEncoder<Q> encoder,
      int answerType,
      Function<Message, T> decode,
      Function<NetlinkError, T> refused) {
    List<T> answers = new ArrayList<>(questions.size());
    lock.lock();
    try {
      requireOpen();
      while (answers.size() < questions.size()) {
        int end = Math.min(questions.size(), answers.size() + MAX_QUESTIONS);
        int shift = lastSequence + 1 - answers.size(); // from positions to sequence numbers
        writer.clear();
        for (Q question : questions.subList(answers.size(), end)) {
          encoder.encode(query, question, ++lastSequence);
        }
        descriptor.send(outgoing);
        Deadline deadline = new Deadline();
        while (answers.size() < end) {
          for (Message message : receive(deadline)) {
            // The kernel answers in order; another number is of an exchange that failed.
            if (message.sequence() != answers.size() + shift) {
              continue;
            }
            if (message.type() == answerType) {
              answers.add(decode.apply(message));
            } else if (message.type() == Rt.NLMSG_ERROR) {
              answers.add(
                  Acknowledgement.decode(message)
                      .error()
                      .map(refused)
                      .orElseThrow(
                          () -> NetlinkException.malformed("acknowledgement for an answer")));
            }
          }
        }
      }
      return List.copyOf(answers);
    } finally {
      lock.unlock();
    }
  }

  /** Asks for all of something, again when it changed meanwhile. */
  <T> List<T> dump(
      ObjIntConsumer<QueryEncoder> encode, int answerType, Function<Message, Optional<T>> decode) {
    return dump(encode, answerType, decode, error -> false);
  }

  /**
   * The same.
   *
   * @param meansNone whether the kernel says by this error that there is nothing to list
   */
  <T> List<T> dump(
      ObjIntConsumer<QueryEncoder> encode,
      int answerType,
      Function<Message, Optional<T>> decode,
      Predicate<NetlinkError> meansNone) {
    lock.lock();
    try {
      for (int attempt = 0; attempt < MAX_DUMP_ATTEMPTS; attempt++) {
        Dump<T> dump = new Dump<>(ask(encode), answerType, decode);
        Deadline deadline = new Deadline();
        while (!dump.done) {
          read(dump, deadline);
        }
        if (dump.refusal.isPresent()) {
          if (meansNone.test(dump.refusal.get())) {
            return List.of();
          }
          throw refused(dump.refusal.get());
        }
        if (dump.failure.isPresent()) {
          throw dump.failure.get();
        }
        if (!dump.interrupted) {
          return List.copyOf(dump.found);
        }
      }
      throw new NetlinkException(
          NetlinkException.Reason.DUMP_INTERRUPTED,
          0,
          "the kernel's tables changed during each of " + MAX_DUMP_ATTEMPTS + " readings");
    } finally {
      lock.unlock();
    }
  }

  private void read(Dump<?> dump, Deadline deadline) {
    try {
      receive(deadline).forEach(dump::take);
    } catch (NetlinkException lost) {
      // Unlike an answer, the rest of a dump comes only as we read: go on to its end, or the next
      // one is refused with EBUSY, and then repeat it.
      if (lost.reason() != NetlinkException.Reason.ANSWERS_LOST) {
        throw lost;
      }
      dump.interrupted = true;
    }
  }

  /** A dump under way. A message that cannot be decoded fails it, but only once it is read out. */
  private static final class Dump<T> {
    final int sequence;
    final int answerType;
    final Function<Message, Optional<T>> decode;
    final List<T> found = new ArrayList<>();
    Optional<NetlinkError> refusal = Optional.empty();
    Optional<NetlinkException> failure = Optional.empty();
    boolean interrupted;
    boolean done;

    Dump(int sequence, int answerType, Function<Message, Optional<T>> decode) {
      this.sequence = sequence;
      this.answerType = answerType;
      this.decode = decode;
    }

    void take(Message message) {
      if (message.sequence() != sequence || done) {
        return;
      }
      interrupted |= message.has(Rt.NLM_F_DUMP_INTR);
      try {
        if (message.type() == answerType) {
          decode.apply(message).ifPresent(found::add);
        } else if (message.type() == Rt.NLMSG_DONE || message.type() == Rt.NLMSG_ERROR) {
          done = true;
          refusal = Acknowledgement.decode(message).error();
        }
      } catch (NetlinkException undecodable) {
        failure = Optional.of(undecodable);
      }
    }
  }

  private int ask(ObjIntConsumer<QueryEncoder> encode) {
    requireOpen();
    int sequence = ++lastSequence;
    writer.clear();
    encode.accept(query, sequence);
    descriptor.send(outgoing);
    return sequence;
  }

  private List<Message> receive(Deadline deadline) {
    while (true) {
      switch (descriptor.receive(true)) {
        case NetlinkDescriptor.Reception.Datagram datagram -> {
          return Message.split(datagram.bytes());
        }
        case NetlinkDescriptor.Reception.Overrun overrun ->
            throw new NetlinkException(
                NetlinkException.Reason.ANSWERS_LOST,
                Errno.ENOBUFS,
                "the receive queue overflowed; which requests were refused is not known");
        case NetlinkDescriptor.Reception.Nothing nothing -> deadline.check();
      }
    }
  }

  private static NetlinkException refused(NetlinkError error) {
    return new NetlinkException(
        NetlinkException.Reason.REFUSED, error.errno(), "the kernel refused: " + error);
  }

  private void requireOpen() {
    if (closed) {
      throw new NetlinkException(NetlinkException.Reason.CLOSED, 0, "the netlink socket is closed");
    }
  }

  /** Closes the socket once a request under way has ended. Closing again does nothing. */
  void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        descriptor.close();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Signals may cut a wait short any number of times; this bounds their sum. */
  private static final class Deadline {
    private final long end = System.nanoTime() + ANSWER_TIMEOUT.toNanos();

    void check() {
      if (System.nanoTime() - end >= 0) {
        throw new NetlinkException(
            NetlinkException.Reason.TIMEOUT,
            Errno.EAGAIN,
            "no answer of the kernel within " + ANSWER_TIMEOUT.toSeconds() + " s");
      }
    }
  }
}
