package dev.tweed.firewall.rules;

import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where rules come from.
 *
 * @param kind of object
 * @param name of the object in the API
 */
public record Origin(Kind kind, String name) implements Comparable<Origin> {

  // Part of the mark on each row, so nothing may be in it that ends the name there. Names of
  // objects are DNS subdomains (RFC 1123) anyway.
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private static final Comparator<Origin> ORDER =
      Comparator.comparing(Origin::kind).thenComparing(Origin::name);

  /**
   * @throws IllegalArgumentException if the name is not one the API server accepts
   */
  public Origin {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' is not the name of an object");
    }
  }

  /** Policies decide before what the network needs for itself. */
  public enum Kind {
    /** A FirewallPolicy. */
    POLICY,
    /** What a PodNetwork needs for itself. */
    NETWORK;

    /** As in the mark of a row. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public int compareTo(Origin other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return kind.text() + "/" + name;
  }
}
