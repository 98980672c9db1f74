package dev.tweed.firewall.nft;

import dev.tweed.netlink.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel has in place of a table of ours, as {@code nft -a -t list table} prints it: the
 * elements of named sets are left out, which cannot be changed (see {@link NftMatchRenderer}).
 *
 * <p>nft prints rules in other words than it reads, and versions differ. So a listing is compared
 * with the listing made after the table was written, by a digest that is kept in the seal, in the
 * kernel: whoever looks needs no memory of his own. As text, because the JSON of nft 1.0.6 spells
 * the flags of a table at random.
 *
 * @param rules how many there are, without those of the seal
 * @param sealed comments of the rules of the seal, in order
 * @param digest of the listing without counters, numbers and the seal
 */
record FoundTable(int rules, List<String> sealed, String digest) {

  private static final Pattern HANDLE = Pattern.compile("(?<object>.*) # handle [0-9]{1,18}");
  private static final Pattern CHAIN = Pattern.compile("\tchain (?<name>[^ ]+) \\{");
  private static final Pattern COMMENT = Pattern.compile(".*comment \"(?<comment>[^\"]*)\"");
  private static final Pattern COUNTER = Pattern.compile("counter packets [0-9]+ bytes [0-9]+");

  FoundTable {
    sealed = List.copyOf(sealed);
  }

  /** Reads a listing. */
  static FoundTable parse(String listing) {
    int rules = 0;
    List<String> sealed = new ArrayList<>();
    StringBuilder kept = new StringBuilder();
    String chain = "";
    for (String line : listing.lines().toList()) {
      Matcher handle = HANDLE.matcher(line);
      boolean numbered = handle.matches();
      String object = numbered ? handle.group("object") : line;
      Matcher begin = CHAIN.matcher(object);
      boolean seal = chain.equals(NftTableRenderer.SEAL);
      if (begin.matches()) {
        chain = begin.group("name");
        seal = chain.equals(NftTableRenderer.SEAL);
      } else if (seal && numbered) {
        Matcher comment = COMMENT.matcher(object);
        sealed.add(comment.matches() ? comment.group("comment") : "");
      } else if (!chain.isEmpty() && numbered) {
        rules++;
      }
      if (!seal) {
        kept.append(COUNTER.matcher(object).replaceAll("counter")).append('\n');
      }
      if (line.equals("\t}")) {
        chain = "";
      }
    }
    return new FoundTable(
        rules, sealed, Sha256.hex(kept.toString(), NftTableRenderer.DIGEST_BYTES));
  }

  /** What a rule of the seal says about the listing. */
  String listed() {
    return "listed " + digest;
  }

  /** Whether it is as it was written for these rows, and nobody has changed it since. */
  boolean is(NftText wanted) {
    return sealed.equals(List.of(wanted.seal(), listed()));
  }

  /** Whether it is as it was just written, and waits for the note how it is listed. */
  boolean isUnsealed(NftText wanted) {
    return sealed.equals(List.of(wanted.seal())) && rules == wanted.rules();
  }
}
