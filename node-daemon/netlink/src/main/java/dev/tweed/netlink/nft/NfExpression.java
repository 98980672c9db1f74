package dev.tweed.netlink.nft;

import java.util.Objects;
import java.util.Optional;

/**
 * One step of a rule. All of ours go by the first register: what loads puts a value there, and what
 * compares ends the rule where it does not hold.
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
      /** Family, one byte. */
      FAMILY(15),
      /** Protocol above IP, one byte. */
      PROTOCOL(16);

      private final int number;

      Key(int number) {
        this.number = number;
      }

      /** The kernel's number. */
      public int number() {
        return number;
      }

      /** The key of this number, if it has a constant here. */
      public static Optional<Key> of(int number) {
        for (Key key : values()) {
          if (key.number == number) {
            return Optional.of(key);
          }
        }
        return Optional.empty();
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

      /** The header of this number, if it has a constant here. */
      public static Optional<Base> of(int number) {
        return number >= 0 && number < values().length
            ? Optional.of(values()[number])
            : Optional.empty();
      }
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
   */
  record Update(String set) implements NfExpression {
    /** Refuses what is no name. */
    public Update {
      NfNames.require(set);
    }
  }

  /** Counts packets. */
  record Counter(long packets, long bytes) implements NfExpression {
    /** One that has counted nothing. */
    public static final Counter ZERO = new Counter(0, 0);
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
