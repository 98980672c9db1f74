package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A rule as iptables-save prints it and iptables-restore reads it. Two are equal if they have the
 * same chain and the same options, however they are spelt: programs differ in the order, in what
 * they say although it goes without saying, in {@code /32} and in the names of protocols.
 *
 * @param chain it is in
 * @param options each with its values, sorted
 */
public record IptablesRule(String chain, List<String> options) {

  private static final Map<String, String> PROTOCOLS =
      Stream.concat(
              Stream.of(Protocol.values()).map(p -> Map.entry(p.text(), p.number())),
              Stream.of(Map.entry("icmpv6", Protocol.ICMPV6.number())))
          .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toString()));

  /** What is meant where nothing is said. */
  private static final Set<String> DEFAULTS =
      Set.of(
          "-m tcp",
          "-m udp",
          "-m sctp",
          "-m icmp",
          "-m icmp6",
          "--reject-with icmp-port-unreachable",
          "--reject-with icmp6-port-unreachable",
          "--name DEFAULT",
          "--mask 255.255.255.255",
          "--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          "--rsource ");

  public IptablesRule {
    options = List.copyOf(options);
  }

  /** Reads a line that begins with {@code -A}; empty if it is none. */
  public static Optional<IptablesRule> tryParse(String line) {
    List<Word> words = words(line);
    if (words.size() < 2 || !words.get(0).text().equals("-A")) {
      return Optional.empty();
    }
    List<String> options = new ArrayList<>();
    int i = 2;
    while (i < words.size()) {
      boolean negated = words.get(i).text().equals("!");
      i += negated ? 1 : 0;
      String name = i < words.size() ? words.get(i).text() : "";
      List<String> values = new ArrayList<>();
      for (i++; i < words.size() && !words.get(i).startsOption(); i++) {
        values.add(words.get(i).text());
      }
      String value = normal(name, String.join(" ", values));
      String option = (negated ? "! " : "") + name + " " + value;
      if (!DEFAULTS.contains(option)) {
        options.add(option);
      }
    }
    options.sort(null);
    return Optional.of(new IptablesRule(words.get(1).text(), options));
  }

  /** The chain it jumps or goes to, or the target. */
  String target() {
    return value("-j").or(() -> value("-g")).orElse("");
  }

  /** Whether packets come back from where it leads to, if nothing is decided there. */
  boolean isJump() {
    return value("-j").isPresent();
  }

  /** Addresses that it asks a packet's source to be one of; empty if it does not, or by a set. */
  Optional<IpPrefix> source() {
    return value("-s").flatMap(text -> IpPrefix.tryParse(text).or(() -> host(text)));
  }

  private static Optional<IpPrefix> host(String text) {
    return IpAddress.tryParse(text).map(IpPrefix::host);
  }

  /** Whether a packet's source has to be in a set. */
  boolean asksForSourceInSet() {
    return value("--match-set").filter(set -> set.contains(" src")).isPresent();
  }

  /** Whether a packet's source has to have been seen some time ago (xt_recent). */
  boolean asksForRecentSource() {
    return (value("--rcheck").isPresent() || value("--update").isPresent())
        && value("--rdest").isEmpty();
  }

  /** Its options but for what is said to people. */
  List<String> withoutComment() {
    return options.stream()
        .filter(o -> !o.startsWith("--comment ") && !o.equals("-m comment"))
        .toList();
  }

  /** Whether it is a jump to that chain and nothing else. */
  boolean isPlainJumpTo(String other) {
    return options.equals(List.of("-j " + other));
  }

  private Optional<String> value(String name) {
    return options.stream()
        .filter(option -> option.startsWith(name + " "))
        .map(option -> option.substring(name.length() + 1))
        .findFirst();
  }

  private static String normal(String name, String value) {
    return switch (name) {
      case "-p" -> PROTOCOLS.getOrDefault(value, value);
      case "-s", "-d" ->
          IpPrefix.tryParse(value)
              .map(p -> p.length() == p.family().bits() ? p.address().toString() : p.toString())
              .orElse(value);
      case "--ctstate", "--state" ->
          Arrays.stream(value.split(",")).sorted().collect(Collectors.joining(","));
      default -> value;
    };
  }

  /** A word of a line; one with quotes is never an option. */
  private record Word(String text, boolean quoted) {
    boolean startsOption() {
      return !quoted && (text.equals("!") || text.startsWith("-"));
    }
  }

  /** As iptables-restore takes a line apart: quotes hold blanks, in them a backslash quotes. */
  private static List<Word> words(String line) {
    List<Word> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean open = false;
    boolean quoted = false;
    for (int i = 0; i <= line.length(); i++) {
      char c = i < line.length() ? line.charAt(i) : ' ';
      if (open && c == '\\' && i + 1 < line.length()) {
        word.append(line.charAt(++i));
      } else if (c == '"') {
        open = !open;
        quoted = true;
      } else if (!open && c == ' ') {
        if (!word.isEmpty() || quoted) {
          words.add(new Word(word.toString(), quoted));
        }
        word.setLength(0);
        quoted = false;
      } else {
        word.append(c);
      }
    }
    return words;
  }
}
