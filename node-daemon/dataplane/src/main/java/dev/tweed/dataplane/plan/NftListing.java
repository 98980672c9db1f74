package dev.tweed.dataplane.plan;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel has in place of our nftables table.
 *
 * <p>Rules are not compared by their text: nft prints them in other words than it reads, and
 * differs between versions. Instead the table is replaced as a whole and sealed by its last rule,
 * whose comment names the content. The kernel numbers the objects of a table in order of creation,
 * so a rule added or replaced later has a higher handle than the seal, and a rule taken away is
 * missing in the count.
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
   * @param objects chains, rules, sets and whatever else has a handle
   * @param highestHandle the highest of their handles
   * @param seal comment of the rule with that handle, empty when it has none of ours
   * @param inForce whether the chain is hooked, accepts by default and the table is not dormant
   */
  record Present(int objects, long highestHandle, String seal, boolean inForce)
      implements NftListing {
    /** Refuses null. */
    public Present {
      Objects.requireNonNull(seal, "seal");
    }
  }

  /** Whether the table has exactly this content. */
  default boolean has(Ruleset rules) {
    return this instanceof Present present
        && present.inForce()
        && present.objects() == rules.objects()
        && present.seal().equals(rules.seal());
  }

  /** Reads the output of {@code nft -a list table inet tweed}. */
  static NftListing parse(String text) {
    Matcher table = Patterns.TABLE.matcher(text);
    if (!table.find()) {
      return new Absent();
    }
    int objects = 0;
    long highest = 0;
    String seal = "";
    Matcher matcher = Patterns.HANDLE.matcher(text);
    matcher.region(table.end(), text.length());
    while (matcher.find()) {
      objects++;
      long handle = Long.parseLong(matcher.group("handle"));
      if (handle > highest) {
        highest = handle;
        Matcher comment = Patterns.SEAL.matcher(matcher.group("object"));
        seal = comment.find() ? comment.group("seal") : "";
      }
    }
    boolean inForce = Patterns.HOOK.matcher(text).find() && !Patterns.DORMANT.matcher(text).find();
    return new Present(objects, highest, seal, inForce);
  }

  /** The parts of a listing. */
  final class Patterns {
    private static final Pattern TABLE = Pattern.compile("(?m)^table inet tweed \\{.*$");
    private static final Pattern HANDLE =
        Pattern.compile("(?m)^(?<object>.*) # handle (?<handle>[0-9]{1,18})$");
    private static final Pattern SEAL = Pattern.compile("comment \"(?<seal>tweed [0-9a-f]+)\"$");
    private static final Pattern HOOK =
        Pattern.compile("(?m)^\\s*type nat hook postrouting priority (srcnat|100); policy accept;");
    private static final Pattern DORMANT = Pattern.compile("(?m)^\\s*flags .*dormant");

    private Patterns() {}
  }
}
