package dev.tweed.firewall.ruleset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Statements of one rule; a verdict map becomes one rule for each of its entries. */
final class RuleReader {

  /** Statements that neither select packets nor decide about them. */
  private static final Set<String> NEUTRAL =
      Set.of("counter", "log", "mangle", "ct helper", "set", "comment", "notrack", "flow", "dup");

  /** iptables matches and targets of the same kind. */
  private static final Set<String> NEUTRAL_XT =
      Set.of("comment", "LOG", "NFLOG", "MARK", "CONNMARK", "TRACE", "SET", "CHECKSUM", "TCPMSS");

  private static final Set<String> TRANSPORT =
      Set.of(
          "tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "ah", "esp", "comp",
          "th");

  private final List<Match> matches = new ArrayList<>();

  List<Rule> read(JsonNode statements) {
    for (JsonNode statement : statements) {
      String kind = statement.fieldNames().hasNext() ? statement.fieldNames().next() : "";
      JsonNode body = statement.path(kind);
      if (kind.equals("vmap")) {
        return verdictMap(body);
      }
      Optional<Verdict> verdict = verdict(kind, body);
      if (verdict.isPresent()) {
        return one(verdict.get());
      }
    }
    return one(new Verdict.Continue());
  }

  /** What a statement decides; of one that decides nothing, what it asks for is kept. */
  private Optional<Verdict> verdict(String kind, JsonNode body) {
    return switch (kind) {
      case "accept" -> Optional.of(new Verdict.Accept());
      case "drop" -> Optional.of(new Verdict.Drop());
      case "reject" -> {
        familyOf(body.path("type").asText());
        yield Optional.of(new Verdict.Drop());
      }
      case "return" -> Optional.of(new Verdict.Return());
      case "continue" -> Optional.of(new Verdict.Continue());
      case "jump" -> Optional.of(new Verdict.Jump(body.path("target").asText()));
      case "goto" -> Optional.of(new Verdict.Goto(body.path("target").asText()));
      case "queue", "tproxy", "synproxy" -> Optional.of(new Verdict.UnknownVerdict());
      case "xt" -> xtables(body);
      case "match" -> condition(match(body));
      default ->
          NEUTRAL.contains(kind) ? Optional.empty() : condition(new Match.UnknownCondition(kind));
    };
  }

  private Optional<Verdict> condition(Match match) {
    matches.add(match);
    return Optional.empty();
  }

  /** nft leaves out the family of a rule that its reject implies, and of one that resets, too. */
  private void familyOf(String reject) {
    switch (reject) {
      case "icmp" -> matches.add(new Match.Family(false, "ipv4"));
      case "icmpv6" -> matches.add(new Match.Family(false, "ipv6"));
      case "tcp reset" -> {
        if (matches.stream()
            .noneMatch(m -> m instanceof Match.Family || m instanceof Match.Address)) {
          matches.add(new Match.UnknownCondition("family of a reset"));
        }
      }
      default -> {}
    }
  }

  private List<Rule> one(Verdict verdict) {
    return List.of(new Rule(matches, verdict));
  }

  private Optional<Verdict> xtables(JsonNode body) {
    String name = body.path("name").asText();
    if (body.path("type").asText().equals("target")) {
      return switch (name) {
        case "ACCEPT" -> Optional.of(new Verdict.Accept());
        case "DROP", "REJECT" -> Optional.of(new Verdict.Drop());
        default ->
            NEUTRAL_XT.contains(name)
                ? Optional.empty()
                : Optional.of(new Verdict.UnknownVerdict());
      };
    }
    return switch (name) {
      case "conntrack", "state" -> condition(new Match.OpaqueConnectionState());
      // Nothing tells of which field, or whether of all that are not in it; mostly it holds bans.
      case "set" -> condition(new Match.UnknownSources());
      default ->
          NEUTRAL_XT.contains(name)
              ? Optional.empty()
              : condition(new Match.UnknownCondition("xt " + name));
    };
  }

  private List<Rule> verdictMap(JsonNode map) {
    JsonNode entries = map.path("data").path("set");
    if (!entries.isArray()) {
      return one(new Verdict.UnknownVerdict());
    }
    List<Rule> rules = new ArrayList<>();
    for (JsonNode entry : entries) {
      List<Match> with = new ArrayList<>(matches);
      with.add(compare(map.path("key"), false, entry.path(0)));
      JsonNode verdict = entry.path(1);
      rules.addAll(
          new RuleReader()
              .read(JsonNodeFactory.instance.arrayNode().add(verdict)).stream()
                  .map(rule -> new Rule(with, rule.verdict()))
                  .toList());
    }
    return rules;
  }

  private static Match match(JsonNode body) {
    String operator = body.path("op").asText();
    return switch (operator) {
      case "==", "in", "!=" ->
          compare(body.path("left"), operator.equals("!="), body.path("right"));
      default -> new Match.UnknownCondition("operator " + operator);
    };
  }

  private static Match compare(JsonNode left, boolean negated, JsonNode right) {
    List<JsonNode> values = values(right);
    Match unknown =
        !negated && left.path("payload").path("field").asText().equals("saddr")
            ? new Match.UnknownSources()
            : new Match.UnknownCondition(left.toString());
    if (values.stream().anyMatch(v -> v.isTextual() && v.asText().startsWith("@"))) {
      return unknown; // a named set, whose elements are not listed
    }
    if (isMark(left) || isMark(left.path("&").path(0))) {
      return right.isNumber() ? new Match.Mark(negated, right.asLong() == 0) : unknown;
    }
    if (left.has("meta")) {
      return switch (left.path("meta").path("key").asText()) {
        case "iif", "iifname" -> new Match.Device(true, negated, texts(values));
        case "oif", "oifname" -> new Match.Device(false, negated, texts(values));
        case "l4proto" -> new Match.TransportProtocol(negated, new HashSet<>(texts(values)));
        case "nfproto" -> new Match.Family(negated, right.asText());
        default -> unknown;
      };
    }
    if (left.has("payload")) {
      return payload(left.path("payload"), negated, values).orElse(unknown);
    }
    if (left.has("ct")) {
      return switch (left.path("ct").path("key").asText()) {
        case "state" -> new Match.ConnectionState(negated, new HashSet<>(texts(values)));
        case "status" ->
            Set.of("dnat", "snat").containsAll(texts(values))
                ? new Match.TranslatedFlow(negated)
                : unknown;
        default -> unknown;
      };
    }
    if (left.has("fib")
        && left.path("fib").path("result").asText().equals("type")
        && texts(values(left.path("fib").path("flags"))).equals(List.of("daddr"))) {
      return new Match.DestinationKind(negated, new HashSet<>(texts(values)));
    }
    return unknown;
  }

  private static boolean isMark(JsonNode expression) {
    return expression.path("meta").path("key").asText().equals("mark");
  }

  private static Optional<Match> payload(JsonNode payload, boolean negated, List<JsonNode> values) {
    String protocol = payload.path("protocol").asText();
    String field = payload.path("field").asText();
    return switch (field) {
      case "dport" ->
          ports(values).map(ranges -> new Match.DestinationPort(protocol, negated, ranges));
      case "saddr", "daddr" ->
          prefixes(values)
              .map(
                  ranges ->
                      new Match.Address(
                          protocol.equals("ip6") ? AddressFamily.IPV6 : AddressFamily.IPV4,
                          field.equals("saddr"),
                          negated,
                          ranges));
      case "protocol", "nexthdr" ->
          Optional.of(new Match.TransportProtocol(negated, new HashSet<>(texts(values))));
      default ->
          TRANSPORT.contains(protocol)
              ? Optional.of(new Match.FieldOf(protocol))
              : Optional.empty();
    };
  }

  private static List<JsonNode> values(JsonNode right) {
    JsonNode many = right.has("set") ? right.path("set") : right;
    List<JsonNode> values = new ArrayList<>();
    if (many.isArray()) {
      many.forEach(v -> values.add(v.has("elem") ? v.path("elem").path("val") : v));
    } else {
      values.add(many);
    }
    return values;
  }

  private static List<String> texts(List<JsonNode> values) {
    return values.stream().map(JsonNode::asText).toList();
  }

  private static Optional<List<int[]>> ports(List<JsonNode> values) {
    List<int[]> ranges = new ArrayList<>();
    for (JsonNode value : values) {
      if (value.isInt()) {
        ranges.add(new int[] {value.asInt(), value.asInt()});
      } else if (value.path("range").path(0).isInt() && value.path("range").path(1).isInt()) {
        ranges.add(
            new int[] {value.path("range").path(0).asInt(), value.path("range").path(1).asInt()});
      } else {
        return Optional.empty(); // a service name
      }
    }
    return Optional.of(ranges);
  }

  private static Optional<List<IpPrefix>> prefixes(List<JsonNode> values) {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (JsonNode value : values) {
      String text =
          value.has("prefix")
              ? value.path("prefix").path("addr").asText()
                  + "/"
                  + value.path("prefix").path("len").asInt()
              : value.asText();
      Optional<IpPrefix> prefix =
          IpPrefix.tryParse(text).or(() -> IpAddress.tryParse(text).map(IpPrefix::host));
      if (prefix.isEmpty()) {
        return Optional.empty(); // a range, or a name
      }
      prefixes.add(prefix.get());
    }
    return Optional.of(prefixes);
  }
}
