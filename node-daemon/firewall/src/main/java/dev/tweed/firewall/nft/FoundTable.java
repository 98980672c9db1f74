package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
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
 * @param dormant whether it is switched off
 * @param chains in order
 * @param digest of the listing without counters, numbers and the seal
 */
record FoundTable(boolean dormant, List<Chain> chains, String digest) {

  private static final Pattern HANDLE = Pattern.compile("(?<object>.*) # handle (?<n>[0-9]{1,18})");
  private static final Pattern CHAIN = Pattern.compile("\tchain (?<name>[^ ]+) \\{");
  private static final Pattern COMMENT = Pattern.compile(".*comment \"(?<comment>[^\"]*)\"");
  private static final Pattern COUNTER = Pattern.compile("counter packets [0-9]+ bytes [0-9]+");
  private static final String DORMANT = "\tflags dormant";

  FoundTable {
    chains = List.copyOf(chains);
  }

  /**
   * A chain.
   *
   * @param name of the chain
   * @param rules in order
   */
  record Chain(String name, List<Rule> rules) {}

  /**
   * A rule.
   *
   * @param handle the kernel counts the objects of a table as they are made
   * @param comment may be empty
   */
  record Rule(long handle, String comment) {
    String text() {
      return comment.isEmpty() ? "a rule without comment, handle " + handle : comment;
    }
  }

  /** Reads a listing. */
  static FoundTable parse(String listing) {
    boolean dormant = false;
    Map<String, Chain> chains = new LinkedHashMap<>();
    StringBuilder kept = new StringBuilder();
    Optional<Chain> current = Optional.empty();
    for (String line : listing.lines().toList()) {
      Matcher handle = HANDLE.matcher(line);
      boolean numbered = handle.matches();
      String object = numbered ? handle.group("object") : line;
      Matcher chain = CHAIN.matcher(object);
      if (chain.matches()) {
        current = Optional.of(new Chain(chain.group("name"), new ArrayList<>()));
        chains.put(chain.group("name"), current.get());
      } else if (current.isPresent() && numbered) {
        Matcher comment = COMMENT.matcher(object);
        current
            .get()
            .rules()
            .add(
                new Rule(
                    Long.parseLong(handle.group("n")),
                    comment.matches() ? comment.group("comment") : ""));
      }
      if (current.filter(one -> one.name().equals(NftTableRenderer.SEAL)).isEmpty()) {
        kept.append(COUNTER.matcher(object).replaceAll("counter")).append('\n');
      }
      dormant |= line.startsWith(DORMANT);
      if (line.equals("\t}")) {
        current = Optional.empty();
      }
    }
    return new FoundTable(
        dormant, List.copyOf(chains.values()), Digest.of(kept.toString(), Digest.LONG));
  }

  /** What a rule of the seal says about the listing. */
  String listed() {
    return "listed " + digest;
  }

  /** Whether it is as it was written for these rows, and nobody has changed it since. */
  boolean is(NftText wanted) {
    return sealed().equals(List.of(wanted.seal(), listed()));
  }

  /** Whether it was written for these rows, whatever has become of it since. */
  boolean isMadeOf(NftText wanted) {
    return sealed().contains(wanted.seal());
  }

  /** Whether nobody has changed it since it was written, for whatever rows that was. */
  boolean isUntouched() {
    return sealed().size() == 2 && sealed().getLast().equals(listed());
  }

  /** Whether it is as it was just written, and waits for the note how it is listed. */
  boolean isUnsealed(NftText wanted) {
    return sealed().equals(List.of(wanted.seal())) && faults(wanted).isEmpty();
  }

  /** What is other than it should be, for people; empty if it {@link #is} so. */
  List<String> differences(NftText wanted) {
    if (is(wanted)) {
      return List.of();
    }
    if (!isMadeOf(wanted)) {
      return List.of("the table was written for other rows");
    }
    List<String> faults = faults(wanted);
    return faults.isEmpty() ? List.of("the table has been changed since it was written") : faults;
  }

  /**
   * What its chains and the comments of its rules tell; a rule may do other things all the same.
   */
  private List<String> faults(NftText wanted) {
    List<String> faults = new ArrayList<>();
    if (dormant) {
      faults.add("the table is dormant");
    }
    for (NftText.Chain chain : wanted.chains()) {
      Optional<Chain> found = chain(chain.name());
      List<String> comments = chain.lines().stream().map(NftText.Line::comment).toList();
      if (found.isEmpty()) {
        faults.add("chain " + chain.name() + " is missing");
      } else if (!chain.name().equals(NftTableRenderer.SEAL)
          && !comments(found.get()).equals(comments)) {
        faults.add("chain " + chain.name() + " has other rules");
      }
    }
    return faults;
  }

  /** Which rules may be in force as they were written. */
  Predicate<Rule> standing() {
    // Nothing was made after the seal.
    long seal =
        chain(NftTableRenderer.SEAL)
            .filter(chain -> !chain.rules().isEmpty())
            .map(chain -> chain.rules().getFirst().handle())
            .orElse(0L);
    return rule -> !dormant && rule.handle() < seal;
  }

  /** How many rules with the comment may be in force in a chain as they were written. */
  long standing(String chain, String comment) {
    return chain(chain).stream()
        .flatMap(one -> one.rules().stream())
        .filter(rule -> rule.comment().equals(comment) && standing().test(rule))
        .count();
  }

  private Optional<Chain> chain(String name) {
    return chains.stream().filter(chain -> chain.name().equals(name)).findFirst();
  }

  /** What its rules made of rows say of themselves. */
  List<String> marks() {
    return chains.stream()
        .flatMap(
            chain ->
                chain.rules().stream()
                    .filter(rule -> FilterRow.isOurs(rule.comment()))
                    .map(rule -> chain.name() + ": " + rule.comment()))
        .distinct()
        .toList();
  }

  private List<String> sealed() {
    return chain(NftTableRenderer.SEAL).map(FoundTable::comments).orElse(List.of());
  }

  private static List<String> comments(Chain chain) {
    return chain.rules().stream().map(Rule::comment).toList();
  }
}
