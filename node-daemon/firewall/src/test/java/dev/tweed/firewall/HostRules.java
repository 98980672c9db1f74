package dev.tweed.firewall;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rules of a host as {@code nft -j} lists them, written down as iptables-save(8) prints them: a
 * line {@code table FAMILY NAME} before each table, {@code :CHAIN} with hook and policy, if it has
 * them, then {@code -A} or {@code -I}.
 */
public final class HostRules {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path NOTHING = Path.of("/nonexistent");

  private final List<ObjectNode> chains = new ArrayList<>();
  private final Map<String, List<ObjectNode>> rules = new LinkedHashMap<>();
  private String family;
  private String table;

  private HostRules() {}

  /** What is read of a host with these rules, none of them of iptables-legacy. */
  public static HostFirewall read(String... tables) {
    return read(Optional.of(LegacyRules.HARMLESS), tables);
  }

  /** The same with rules of iptables-legacy that drop, do not, or cannot be seen. */
  public static HostFirewall read(Optional<LegacyRules> legacy, String... tables) {
    HostFirewall found = new HostFirewallReader(NOTHING, NOTHING, listing(tables)).read();
    return new HostFirewall(found.manager(), found.state(), found.reason(), found.rules(), legacy);
  }

  static NftListing listing(String... tables) {
    HostRules host = new HostRules();
    for (String text : tables) {
      text.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(host::line);
    }
    ObjectNode listing = JSON.createObjectNode();
    ArrayNode objects = listing.putArray("nftables");
    host.chains.forEach(objects::add);
    host.rules.values().forEach(ofChain -> ofChain.forEach(objects::add));
    return new FixedListing(listing.toString());
  }

  private void line(String line) {
    String[] words = line.split(" ");
    if (words[0].equals("table")) {
      family = words[1];
      table = words[2];
    } else if (line.startsWith(":")) {
      chain(words);
    } else {
      rule(words);
    }
  }

  private void chain(String[] words) {
    ObjectNode chain = JSON.createObjectNode();
    ObjectNode body =
        chain
            .putObject("chain")
            .put("family", family)
            .put("table", table)
            .put("name", words[0].substring(1));
    if (words.length > 1) {
      body.put("type", "filter").put("hook", words[1]).put("prio", 0).put("policy", words[2]);
    }
    chains.add(chain);
  }

  private void rule(String[] words) {
    ObjectNode rule = JSON.createObjectNode();
    ArrayNode statements =
        rule.putObject("rule")
            .put("family", family)
            .put("table", table)
            .put("chain", words[1])
            .putArray("expr");
    String protocol = "";
    boolean negated = false;
    for (int i = 2; i < words.length; i++) {
      switch (words[i]) {
        case "!" -> {
          negated = true;
          continue;
        }
        case "-p" -> {
          protocol = words[++i];
          match(statements, negated, protocol).putObject("meta").put("key", "l4proto");
        }
        case "--dport" ->
            match(statements, negated, Integer.parseInt(words[++i]))
                .putObject("payload")
                .put("protocol", protocol)
                .put("field", "dport");
        case "-i" -> match(statements, negated, words[++i]).putObject("meta").put("key", "iifname");
        case "-o" -> match(statements, negated, words[++i]).putObject("meta").put("key", "oifname");
        case "-s" -> address(statements, negated, words[++i], "saddr");
        case "-d" -> address(statements, negated, words[++i], "daddr");
        case "--ctstate" -> {
          i++;
          xt(statements, "match", "conntrack");
        }
        case "--match-set" -> {
          i += 2;
          xt(statements, "match", "set");
        }
        case "-j" -> verdict(statements, words[++i]);
        default -> throw new IllegalArgumentException(words[i]);
      }
      negated = false;
    }
    List<ObjectNode> ofChain = rules.computeIfAbsent(table + words[1], c -> new ArrayList<>());
    ofChain.add(words[0].equals("-I") ? 0 : ofChain.size(), rule);
  }

  private static ObjectNode match(ArrayNode statements, boolean negated, Object right) {
    ObjectNode match =
        statements
            .addObject()
            .putObject("match")
            .put("op", negated ? "!=" : "==")
            .putPOJO("right", right);
    return match.putObject("left");
  }

  private void address(ArrayNode statements, boolean negated, String text, String field) {
    Object right = text;
    int slash = text.indexOf('/');
    if (slash > 0) {
      ObjectNode prefix = JSON.createObjectNode();
      prefix
          .putObject("prefix")
          .put("addr", text.substring(0, slash))
          .put("len", Integer.parseInt(text.substring(slash + 1)));
      right = prefix;
    }
    match(statements, negated, right)
        .putObject("payload")
        .put("protocol", text.contains(":") || family.equals("ip6") ? "ip6" : "ip")
        .put("field", field);
  }

  private static void verdict(ArrayNode statements, String target) {
    switch (target) {
      case "ACCEPT", "DROP", "RETURN" -> statements.addObject().putNull(target.toLowerCase());
      case "REJECT" -> xt(statements, "target", target);
      default -> statements.addObject().putObject("jump").put("target", target);
    }
  }

  private static void xt(ArrayNode statements, String type, String name) {
    statements.addObject().putObject("xt").put("type", type).put("name", name);
  }
}
