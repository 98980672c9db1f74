package dev.tweed.dataplane.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel has in place of our nftables table.
 *
 * <p>Rules are not compared by their text: nft prints them in other words than it reads, and
 * differs between versions. Instead the table is replaced as a whole and sealed by its last rule,
 * whose comment names the content. The kernel numbers the objects of a table in order of creation,
 * so a rule added later has a higher handle than the seal, and a rule taken away is missing in the
 * count. A rule that was replaced may have kept handle and comment: whoever reads has to compare
 * with what he read before.
 */
public sealed interface NftListing {

  /** There is no such table. */
  record Absent() implements NftListing {}

  /**
   * nft could not be asked.
   *
   * @param message why
   */
  record Unreadable(String message) implements NftListing {
    /** Refuses null. */
    public Unreadable {
      Objects.requireNonNull(message, "message");
    }
  }

  /**
   * The table is there.
   *
   * @param comments the comments of whatever has a handle, in order; empty text for none
   * @param sealed whether the last of them has the highest handle, and nobody changed the others
   * @param inForce whether the chain that translates is hooked, accepts by default and the table is
   *     not dormant
   */
  record Present(List<String> comments, boolean sealed, boolean inForce) implements NftListing {
    /** Copies the list. */
    public Present {
      comments = List.copyOf(comments);
    }

    /** The same, changed by somebody since it was written. */
    public Present touched() {
      return new Present(comments, false, inForce);
    }
  }

  /** Whether the table has exactly this content. */
  default boolean has(Ruleset rules) {
    return this instanceof Present present
        && present.inForce()
        && present.sealed()
        && present.comments().equals(rules.comments());
  }

  /** Reads the output of {@code nft -a list table inet tweed}. */
  static NftListing parse(String text) {
    Matcher table = Patterns.TABLE.matcher(text);
    if (!table.find()) {
      return new Absent();
    }
    List<String> comments = new ArrayList<>();
    long highest = 0;
    long last = 0;
    Matcher object = Patterns.HANDLE.matcher(text);
    object.region(table.end(), text.length());
    while (object.find()) {
      last = Long.parseLong(object.group("handle"));
      highest = Math.max(highest, last);
      Matcher comment = Patterns.COMMENT.matcher(object.group("object"));
      comments.add(comment.find() ? comment.group("comment") : "");
    }
    boolean inForce = Patterns.HOOK.matcher(text).find() && !Patterns.DORMANT.matcher(text).find();
    return new Present(comments, last == highest, inForce);
  }

  /** The parts of a listing. */
  final class Patterns {
    private static final Pattern TABLE = Pattern.compile("(?m)^table inet tweed \\{.*$");
    private static final Pattern HANDLE =
        Pattern.compile("(?m)^(?<object>.*) # handle (?<handle>[0-9]{1,18})$");
    private static final Pattern COMMENT = Pattern.compile("comment \"(?<comment>[^\"]*)\"$");
    private static final Pattern HOOK =
        Pattern.compile("(?m)^\\s*type nat hook postrouting priority (srcnat|100); policy accept;");
    private static final Pattern DORMANT = Pattern.compile("(?m)^\\s*flags .*dormant");

    private Patterns() {}
  }
}
