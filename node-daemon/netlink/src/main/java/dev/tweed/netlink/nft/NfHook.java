package dev.tweed.netlink.nft;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Where in a packet's way a base chain is asked.
 *
 * @param type what the chain may do
 * @param point where
 * @param priority order among the chains there, least first
 * @param accepts whether a packet that no rule decides about goes on
 */
public record NfHook(Type type, Point point, int priority, boolean accepts) {
  /** Refuses nulls. */
  public NfHook {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(point, "point");
  }

  /** What a base chain may do. */
  public enum Type {
    FILTER("filter"),
    /** Changes what routes are chosen by. */
    ROUTE("route"),
    /** Translates addresses. */
    NAT("nat");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    /** The kernel's name. */
    public String text() {
      return text;
    }

    /** The type of this name, if it has a constant here. */
    public static Optional<Type> of(String text) {
      return Arrays.stream(values()).filter(type -> type.text.equals(text)).findFirst();
    }
  }

  /** A point in a packet's way; in the order of the kernel's numbers (NF_INET_*). */
  public enum Point {
    PREROUTING,
    INPUT,
    FORWARD,
    OUTPUT,
    POSTROUTING;

    /** The kernel's number. */
    public int number() {
      return ordinal();
    }

    /** The point of this number, if it has a constant here. */
    public static Optional<Point> of(int number) {
      return number >= 0 && number < values().length
          ? Optional.of(values()[number])
          : Optional.empty();
    }
  }
}
