package dev.tweed.netlink.nft;

import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One step of a rule. All of ours but a translation go by the first register: what loads puts a
 * value there, and what compares ends the rule where it does not hold. What is read of a rule is
 * what it counts, which sets it asks and its verdict; as a whole it is known by its {@link
 * NfRule#digest}.
 */
public sealed interface NfExpression {

  /** Loads what the kernel knows of a packet. */
  record Meta(Key key) implements NfExpression {
    /** Refuses null. */
    public Meta {
      Objects.requireNonNull(key, "key");
    }

    /** What it knows (NFT_META_*). */
    public enum Key {
      /** What anybody has marked it with, in the host's byte order. */
      MARK(3),
      /** Index of the device it came by, in the host's byte order. */
      INPUT_INDEX(4),
      /** Index of the device it leaves by, in the host's byte order. */
      OUTPUT_INDEX(5),
      /** Name of the device it came by, {@link #DEVICE_BYTES} bytes. */
      INPUT_NAME(6),
      /** Name of the device it leaves by, likewise. */
      OUTPUT_NAME(7),
      /** Protocol above the link (ETH_P_*), two bytes in network byte order. */
      LINK_PROTOCOL(1),
      /** Family, one byte. */
      FAMILY(15),
      /** Protocol above IP, one byte. */
      PROTOCOL(16);

      /** A name of a device with the zeros behind it (IFNAMSIZ). */
      public static final int DEVICE_BYTES = 16;

      private final int number;

      Key(int number) {
        this.number = number;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }
    }
  }

  /**
   * Loads bytes of the packet; the rule ends where it has none there.
   *
   * @param base header that the offset counts from
   * @param offset of the first byte
   * @param bytes how many
   */
  record Payload(Base base, int offset, int bytes) implements NfExpression {
    /** Refuses null. */
    public Payload {
      Objects.requireNonNull(base, "base");
    }

    /** A header, in the order of the kernel's numbers (NFT_PAYLOAD_*). */
    public enum Base {
      LINK,
      NETWORK,
      TRANSPORT;

      /** The kernel's number. */
      public int number() {
        return ordinal();
      }
    }
  }

  /** Loads what connection tracking knows; the rule ends where it knows nothing. */
  record Conntrack(Key key) implements NfExpression {
    /** Refuses null. */
    public Conntrack {
      Objects.requireNonNull(key, "key");
    }

    /** What it knows (NFT_CT_*). */
    public enum Key {
      /** Bits, in the host's byte order (IP_CT_*). */
      STATE(0, false),
      /** One byte: 0 is that of the connection's first packet (IP_CT_DIR_*). */
      DIRECTION(1, false),
      /** Bits, in the host's byte order (IPS_*). */
      STATUS(2, false),
      /** Where the connection's first packet was sent to, before it was translated. */
      ORIGINAL_DESTINATION_IPV4(20, true),
      ORIGINAL_DESTINATION_IPV6(22, true),
      ORIGINAL_DESTINATION_PORT(12, true);

      private final int number;
      private final boolean directed;

      Key(int number, boolean directed) {
        this.number = number;
        this.directed = directed;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }

      /** Whether it is of one direction, the original one. */
      public boolean isDirected() {
        return directed;
      }
    }
  }

  /**
   * Loads a part of the two tuples of a connection, whichever direction the packet has; the rule
   * ends where it has no connection, or that is of the other family.
   *
   * @param key which part
   * @param reply of the tuple of the answers; otherwise of what opened it
   */
  record Tuple(Key key, boolean reply) implements NfExpression {
    /** Refuses null. */
    public Tuple {
      Objects.requireNonNull(key, "key");
    }

    /** Parts (NFT_CT_*). */
    public enum Key {
      /** Two bytes; of ICMP its id. */
      SOURCE_PORT(11),
      SOURCE_IPV4(19),
      SOURCE_IPV6(21);

      private final int number;

      Key(int number) {
        this.number = number;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }
    }
  }

  /**
   * Loads to a place behind the beginning of the first register, so that several values are one.
   *
   * @param words how many of four bytes are before it
   * @param load a {@link Meta}, {@link Payload} or {@link Tuple}
   */
  record Behind(int words, NfExpression load) implements NfExpression {
    /** Refuses what does not load, and places outside of the registers. */
    public Behind {
      if (words < 0 || words > 15) {
        throw new IllegalArgumentException("registers have 16 words, and not one " + words);
      }
      if (!(load instanceof Meta || load instanceof Payload || load instanceof Tuple)) {
        throw new IllegalArgumentException("loads nothing: " + load);
      }
    }
  }

  /**
   * Ends the rule with the verdict that a set has for what was loaded; goes on where it has none.
   *
   * @param set its name
   */
  record Dispatch(String set) implements NfExpression {
    /** Refuses what is no name. */
    public Dispatch {
      NfNames.require(set);
    }
  }

  /** Loads what the destination is to this host, in the host's byte order (RTN_*). */
  record DestinationType() implements NfExpression {}

  /**
   * Goes on if a bridge forwards the packet from port to port: xt_physdev, with which the kernel
   * loads the module br_netfilter.
   */
  record Bridged() implements NfExpression {}

  /** Leaves these bits of what was loaded, and clears the others. */
  record Mask(NfValue bits) implements NfExpression {
    /** Refuses null. */
    public Mask {
      Objects.requireNonNull(bits, "bits");
    }
  }

  /** Goes on if what was loaded is another than this value. */
  record Different(NfValue value) implements NfExpression {
    /** Refuses null. */
    public Different {
      Objects.requireNonNull(value, "value");
    }
  }

  /**
   * Goes on if what was loaded is one of these. In a rule it is a set without a name, which nobody
   * can change.
   *
   * @param key what they are
   * @param intervals in order, with gaps between those that are more than one value
   */
  record AnyOf(NfSet.Key key, List<NfInterval> intervals) implements NfExpression {
    private static final int DIGEST_BYTES = 8;

    /**
     * Sorts them, and puts together what overlaps; and what touches, unless all are single values.
     *
     * @throws IllegalArgumentException if there are none, or one is of another size than the key
     */
    public AnyOf {
      Objects.requireNonNull(key, "key");
      int bytes = key.bytes();
      if (intervals.isEmpty() || intervals.stream().anyMatch(i -> i.first().size() != bytes)) {
        throw new IllegalArgumentException("one or more, of " + bytes + " bytes each");
      }
      boolean single = intervals.stream().allMatch(NfInterval::isSingle);
      List<NfInterval> merged = new ArrayList<>();
      for (NfInterval next :
          intervals.stream().sorted(Comparator.comparing(NfInterval::first)).toList()) {
        Optional<NfInterval> both =
            merged.isEmpty() ? Optional.empty() : merged.getLast().with(next, !single);
        both.ifPresent(b -> merged.removeLast());
        merged.add(both.orElse(next));
      }
      intervals = List.copyOf(merged);
    }

    /** Tells it from all others; for the name of a set. */
    public String digest() {
      return Sha256.hex(key + " " + intervals, DIGEST_BYTES);
    }

    /** Whether any is more than one value. */
    public boolean hasRanges() {
      return !intervals.stream().allMatch(NfInterval::isSingle);
    }
  }

  /** Goes on if what was loaded is this value. */
  record Equal(NfValue value) implements NfExpression {
    /** Refuses null. */
    public Equal {
      Objects.requireNonNull(value, "value");
    }
  }

  /**
   * Goes on if what was loaded is in a set.
   *
   * @param set its name
   * @param inverted whether it goes on if it is not
   */
  record Lookup(String set, boolean inverted) implements NfExpression {
    /** Refuses what is no name. */
    public Lookup {
      NfNames.require(set);
    }
  }

  /**
   * Adds what was loaded to a set, or lets it stay there longer; ends the rule where it is full.
   *
   * @param limit of each element; the rule ends where it does not hold
   */
  record Update(String set, Optional<Limit> limit) implements NfExpression {
    /** Refuses what is no name. */
    public Update {
      NfNames.require(set);
      Objects.requireNonNull(limit, "limit");
    }

    /** Without a limit. */
    public Update(String set) {
      this(set, Optional.empty());
    }
  }

  /**
   * Goes on for so many packets a minute.
   *
   * @param perMinute how many
   * @param burst how many more at once
   * @param over whether it goes on for those beyond instead
   */
  record Limit(int perMinute, int burst, boolean over) implements NfExpression {}

  /**
   * Logs the packet.
   *
   * @param prefix of the line; the kernel keeps 127 bytes
   * @param group of the packet log; empty is the kernel's own log
   */
  record Log(String prefix, OptionalInt group) implements NfExpression {
    /** Bytes of a packet that a group gets. */
    public static final int COPIED_BYTES = 128;

    /** Refuses what is too long. */
    public Log {
      NfNames.require(prefix);
      Objects.requireNonNull(group, "group");
    }

    /** To the kernel's own log. */
    public Log(String prefix) {
      this(prefix, OptionalInt.empty());
    }
  }

  /** Drops the packet, and tells its sender. */
  enum Reject implements NfExpression {
    /** By ICMP of either family. */
    PORT_UNREACHABLE,
    /** Of TCP packets only. */
    TCP_RESET
  }

  /** Counts packets. */
  record Counter(long packets, long bytes) implements NfExpression {
    /** One that has counted nothing. */
    public static final Counter ZERO = new Counter(0, 0);
  }

  /**
   * Gives the packet, and all others of its connection, the address of the device it leaves by.
   *
   * @param fullyRandom whether its port is a random one
   */
  record Masquerade(boolean fullyRandom) implements NfExpression {}

  /**
   * Puts a value where {@link DestinationNat} takes it from.
   *
   * @param register which it is put into
   */
  record Put(Register register, NfValue value) implements NfExpression {
    /** Refuses nulls. */
    public Put {
      Objects.requireNonNull(register, "register");
      Objects.requireNonNull(value, "value");
    }

    /** Where a rule keeps a value (NFT_REG_*). */
    public enum Register {
      /** Of an address. */
      FIRST(1),
      /** Of a port. */
      SECOND(2);

      private final int number;

      Register(int number) {
        this.number = number;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }
    }
  }

  /**
   * Sends the packet, and all others of its connection, to the address in the first register and
   * the port in the second.
   */
  record DestinationNat(AddressFamily family) implements NfExpression {
    /** Refuses null. */
    public DestinationNat {
      Objects.requireNonNull(family, "family");
    }
  }

  /** Ends the rule with a verdict. */
  record Verdict(Code code, String chain) implements NfExpression {
    /** Refuses null. */
    public Verdict {
      Objects.requireNonNull(code, "code");
      NfNames.require(chain);
    }

    /** Lets the packet go on to the next base chain. */
    public static Verdict accept() {
      return new Verdict(Code.ACCEPT, "");
    }

    /** Drops the packet. */
    public static Verdict drop() {
      return new Verdict(Code.DROP, "");
    }

    /** Ends the chain. */
    public static Verdict returns() {
      return new Verdict(Code.RETURN, "");
    }

    /** Goes to a chain, and comes back from its end. */
    public static Verdict jump(String chain) {
      return new Verdict(Code.JUMP, chain);
    }

    /** Goes to a chain and does not come back. */
    public static Verdict goTo(String chain) {
      return new Verdict(Code.GOTO, chain);
    }

    /** What becomes of a packet (NF_*, NFT_*). */
    public enum Code {
      DROP(0),
      ACCEPT(1),
      /** To a chain, and back at its end. */
      JUMP(-3),
      GOTO(-4),
      /** Back to where the chain was jumped to. */
      RETURN(-5);

      private final int number;

      Code(int number) {
        this.number = number;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }

      /** The code of this number, if it has a constant here. */
      public static Optional<Code> of(int number) {
        for (Code code : values()) {
          if (code.number == number) {
            return Optional.of(code);
          }
        }
        return Optional.empty();
      }
    }
  }

  /**
   * One that is read only: of another kind than those above, or with other registers.
   *
   * @param name of its kind
   */
  record Other(String name) implements NfExpression {
    /** Refuses null. */
    public Other {
      Objects.requireNonNull(name, "name");
    }
  }
}
