package dev.tweed.enforce.table;

import dev.tweed.enforce.table.CompiledPolicies.Cause;
import dev.tweed.enforce.table.CompiledPolicies.Drop;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Sha256;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.AnyOf;
import dev.tweed.netlink.nft.NfExpression.Equal;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Tuple;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Chains for pods that the same programs select: one for each tier that says anything of a
 * direction, in which what is accepted returns and what is passed on goes to the next.
 */
final class ClassCompiler {

  /** The set of addresses that nodes have inside the pools. */
  static final String NODES = "nodes";

  private static final int DIGEST_BYTES = 8;
  private static final int PORT_BYTES = 2;

  /** Steps of a rule that ask for protocol and port. */
  private static final int PORT_STEPS = 4;

  private static final PortMatch.Range ALL_PORTS = new PortMatch.Range(Protocol.TCP, 0, 65535);

  private final NodeState node;
  private final Set<AddressFamily> families;
  private final int plainRules;
  private final Map<IpBlock, List<NfInterval>> intervals = new HashMap<>();

  /**
   * @param plainRules more rules of NetworkPolicies than this are looked up by port
   */
  ClassCompiler(NodeState node, Set<AddressFamily> families, int plainRules) {
    this.plainRules = plainRules;
    this.node = node;
    this.families = families;
  }

  /**
   * What pods of one class have in common.
   *
   * @param programs in order
   * @param namedPorts those that rules of the programs name, in order
   */
  record PodClass(Set<String> programs, List<NamedPort> namedPorts) {

    static PodClass of(PodEntry pod, NodeState node) {
      List<PortMatch.Named> names =
          pod.programs().stream()
              .filter(node.programs()::containsKey)
              .flatMap(p -> node.programs().get(p).ingress().stream())
              .flatMap(r -> r.ports().stream())
              .filter(PortMatch.Named.class::isInstance)
              .map(PortMatch.Named.class::cast)
              .toList();
      return new PodClass(
          new TreeSet<>(pod.programs()),
          pod.namedPorts().stream()
              .filter(p -> names.stream().anyMatch(n -> n.means(p)))
              .distinct()
              .sorted(
                  Comparator.comparing(NamedPort::name)
                      .thenComparing(NamedPort::protocol)
                      .thenComparing(NamedPort::number))
              .toList());
    }

    String digest() {
      return Sha256.hex(programs + " " + namedPorts, DIGEST_BYTES);
    }
  }

  /**
   * What a class comes to in one direction.
   *
   * @param entry the first chain; empty where everything is accepted
   * @param rules of each chain
   * @param drops chains that it goes to
   * @param constants sets that the rules ask
   * @param maps from ports to chains, likewise
   * @param sets of pods that the rules ask
   * @param missing sets that rules would have asked
   */
  record Chains(
      Optional<String> entry,
      Map<String, List<NfRule>> rules,
      Map<String, Drop> drops,
      Map<String, AnyOf> constants,
      Map<String, Map<NfValue, Verdict>> maps,
      Set<String> sets,
      Set<String> missing) {}

  /**
   * Whom a rule of the kernel is about.
   *
   * @param family empty for both
   * @param steps none for all of the family
   */
  private record Peer(Optional<AddressFamily> family, List<NfExpression> steps) {
    static final Peer ANYONE = new Peer(Optional.empty(), List.of());

    static Peer of(AddressFamily family, List<NfExpression> steps) {
      return new Peer(Optional.of(family), steps);
    }
  }

  /** What is behind the port in a rule. */
  private record Tail(List<NfExpression> steps, String comment) {
    Tail {
      steps = List.copyOf(steps);
    }
  }

  Chains compile(PodClass podClass, Direction direction) {
    return new Compilation(podClass, direction).compile();
  }

  private final class Compilation {
    final PodClass podClass;
    final Direction direction;
    final String name;
    final Map<String, List<NfRule>> rules = new LinkedHashMap<>();
    final Map<String, Drop> drops = new HashMap<>();
    final Map<String, AnyOf> constants = new HashMap<>();
    final Map<String, Map<NfValue, Verdict>> maps = new HashMap<>();
    final Set<String> sets = new HashSet<>();
    final Set<String> missing = new HashSet<>();

    Compilation(PodClass podClass, Direction direction) {
      this.podClass = podClass;
      this.direction = direction;
      this.name = podClass.digest() + (direction == Direction.INGRESS ? "-in" : "-out");
    }

    Chains compile() {
      List<List<Program>> tiers = tiers();
      for (int i = 0; i < tiers.size(); i++) {
        boolean last = i == tiers.size() - 1;
        tier(tiers.get(i), chain(i), last ? Verdict.returns() : Verdict.goTo(chain(i + 1)));
      }
      Set<String> asked = new HashSet<>();
      rules.values().stream()
          .flatMap(List::stream)
          .flatMap(r -> r.expressions().stream())
          .forEach(
              e -> {
                if (e instanceof Lookup lookup) {
                  asked.add(lookup.set());
                }
              });
      constants.keySet().retainAll(asked);
      return new Chains(
          tiers.isEmpty() ? Optional.empty() : Optional.of(chain(0)),
          rules,
          drops,
          constants,
          maps,
          sets,
          missing);
    }

    private String chain(int tier) {
      return "class-" + name + (tier == 0 ? "" : "-" + tier);
    }

    /** The tiers that say anything, each with its programs in order. */
    private List<List<Program>> tiers() {
      Map<Tier, List<Program>> tiers = new TreeMap<>();
      for (String program : podClass.programs()) {
        Program known = node.programs().get(program);
        tiers.computeIfAbsent(known.tier(), t -> new ArrayList<>()).add(known);
      }
      tiers.values().forEach(programs -> programs.sort(Program.ORDER));
      tiers
          .entrySet()
          .removeIf(
              tier ->
                  tier.getValue().stream()
                      .allMatch(
                          p ->
                              tier.getKey() == Tier.NETWORK_POLICY
                                  ? !p.isolates().contains(direction)
                                  : p.rules(direction).isEmpty()));
      return List.copyOf(tiers.values());
    }

    private void tier(List<Program> programs, String chain, Verdict next) {
      List<NfRule> compiled = new ArrayList<>();
      for (Program program : programs) {
        for (Rule rule : program.rules(direction)) {
          rule(program, rule, chain, next, compiled);
        }
      }
      if (programs.getFirst().tier() == Tier.NETWORK_POLICY) {
        Set<String> isolating = new TreeSet<>();
        programs.stream()
            .filter(p -> p.isolates().contains(direction))
            .forEach(p -> isolating.add(p.name()));
        Verdict drop = drop("drop-" + name, Cause.ISOLATED, isolating);
        if (compiled.size() > plainRules) {
          compiled = byPort(compiled, chain, drop);
        }
        compiled.add(new NfSteps().rule(PolicyTable.POLICY, chain, "", drop));
      } else if (next.code() == Verdict.Code.GOTO) {
        compiled.add(new NfSteps().rule(PolicyTable.POLICY, chain, "", next));
      }
      rules.put(chain, compiled);
    }

    private Verdict drop(String chain, Cause cause, Set<String> programs) {
      drops.put(chain, new Drop(cause, programs));
      return Verdict.goTo(chain);
    }

    /**
     * The same rules, which all accept, by a map from the port to a chain of those that are about
     * it: one look-up in place of many rules. Those of no port, or of ranges, stay before it.
     */
    private List<NfRule> byPort(List<NfRule> all, String chain, Verdict drop) {
      List<NfRule> result = new ArrayList<>();
      Map<NfValue, Map<NfValue, Set<Tail>>> protocols = new TreeMap<>();
      for (NfRule rule : all) {
        List<NfValue> ports = singlePorts(rule);
        if (ports.isEmpty()) {
          result.add(rule);
          continue;
        }
        NfValue protocol = ((Equal) rule.expressions().get(1)).value();
        Tail tail =
            new Tail(
                rule.expressions().subList(PORT_STEPS, rule.expressions().size()), rule.comment());
        for (NfValue port : ports) {
          protocols
              .computeIfAbsent(protocol, p -> new TreeMap<>())
              .computeIfAbsent(port, p -> new LinkedHashSet<>())
              .add(tail);
        }
      }
      protocols.forEach(
          (protocol, ports) -> {
            String map = "ports-" + name + "-" + (protocol.toBytes()[0] & 0xff);
            Map<NfValue, Verdict> verdicts = new HashMap<>();
            ports.forEach((port, tails) -> verdicts.put(port, Verdict.goTo(chainOf(tails, drop))));
            maps.put(map, verdicts);
            result.add(
                new NfSteps()
                    .rule(
                        PolicyTable.POLICY,
                        chain,
                        "",
                        new Meta(Meta.Key.PROTOCOL),
                        new Equal(protocol),
                        new Tuple(Tuple.Key.SOURCE_PORT, true),
                        new NfExpression.Dispatch(map)));
          });
      return result;
    }

    private String chainOf(Set<Tail> tails, Verdict drop) {
      String chain = "class-" + name + "-" + Sha256.hex(tails.toString(), DIGEST_BYTES);
      List<NfRule> compiled = new ArrayList<>();
      for (Tail tail : tails) {
        compiled.add(
            new NfSteps()
                .then(tail.steps().toArray(NfExpression[]::new))
                .rule(PolicyTable.POLICY, chain, tail.comment()));
      }
      compiled.add(new NfSteps().rule(PolicyTable.POLICY, chain, "", drop));
      rules.put(chain, compiled);
      return chain;
    }

    /** The ports of a rule that begins with a protocol and some, one by one; else none. */
    private List<NfValue> singlePorts(NfRule rule) {
      List<NfExpression> steps = rule.expressions();
      if (steps.size() <= PORT_STEPS
          || !steps.get(2).equals(new Tuple(Tuple.Key.SOURCE_PORT, true))) {
        return List.of();
      }
      return switch (steps.get(PORT_STEPS - 1)) {
        case Equal one -> List.of(one.value());
        case Lookup some when !constants.get(some.set()).hasRanges() ->
            constants.get(some.set()).intervals().stream().map(NfInterval::first).toList();
        default -> List.of();
      };
    }

    private void rule(
        Program program, Rule rule, String chain, Verdict next, List<NfRule> compiled) {
      String comment = program.name() + " " + rule.index();
      Verdict verdict =
          switch (rule.action()) {
            case ACCEPT -> Verdict.returns();
            case PASS -> next;
            case DENY -> denied(program);
          };
      List<List<NfExpression>> ports = ports(rule);
      for (Peer peer : peers(rule)) {
        add(ports, peer, verdict, chain, comment, compiled);
      }
      Set<String> unknown = new TreeSet<>(rule.peers().sets());
      unknown.removeAll(node.sets().keySet());
      missing.addAll(unknown);
      if (rule.action() != Action.ACCEPT && !unknown.isEmpty()) {
        add(ports, Peer.ANYONE, denied(program), chain, comment + " incomplete", compiled);
      }
    }

    private Verdict denied(Program program) {
      return drop("drop-" + program.name(), Cause.DENIED, Set.of(program.name()));
    }

    private void add(
        List<List<NfExpression>> ports,
        Peer peer,
        Verdict verdict,
        String chain,
        String comment,
        List<NfRule> compiled) {
      for (List<NfExpression> port : ports) {
        NfSteps steps = new NfSteps();
        if (peer.steps().isEmpty()) {
          peer.family().ifPresent(steps::family);
        }
        compiled.add(
            steps
                .then(port.toArray(NfExpression[]::new))
                .then(peer.steps().toArray(NfExpression[]::new))
                .rule(PolicyTable.POLICY, chain, comment, verdict));
      }
    }

    /** For each protocol; empty for all, and none if no port matches. */
    private List<List<NfExpression>> ports(Rule rule) {
      if (rule.everyPort()) {
        return List.of(List.of());
      }
      Map<Protocol, List<NfInterval>> byProtocol = new EnumMap<>(Protocol.class);
      for (PortMatch port : rule.ports()) {
        switch (port) {
          case PortMatch.Range range ->
              byProtocol
                  .computeIfAbsent(range.protocol(), p -> new ArrayList<>())
                  .add(NfInterval.ofNumbers(range.first(), range.last(), PORT_BYTES));
          case PortMatch.Named named ->
              podClass.namedPorts().stream()
                  .filter(named::means)
                  .forEach(
                      p ->
                          byProtocol
                              .computeIfAbsent(p.protocol(), x -> new ArrayList<>())
                              .add(NfInterval.ofNumbers(p.number(), p.number(), PORT_BYTES)));
        }
      }
      List<List<NfExpression>> steps = new ArrayList<>();
      byProtocol.forEach(
          (protocol, list) -> {
            List<NfExpression> step = new ArrayList<>();
            // The packet's, which is the connection's: nft reads ports of conntrack only behind it.
            step.add(new Meta(Meta.Key.PROTOCOL));
            step.add(new Equal(NfValue.ofNumber(protocol.number(), 1)));
            AnyOf any = new AnyOf(NfSet.Key.PORT, list);
            NfInterval first = any.intervals().getFirst();
            NfInterval every =
                NfInterval.ofNumbers(ALL_PORTS.first(), ALL_PORTS.last(), PORT_BYTES);
            if (!first.equals(every)) {
              step.add(new Tuple(Tuple.Key.SOURCE_PORT, true));
              step.add(oneOf("ports-", any));
            }
            steps.add(step);
          });
      return steps;
    }

    /** Alternatives, each for one family or both; none if nobody is meant. */
    private List<Peer> peers(Rule rule) {
      if (rule.peers().anyone()) {
        return List.of(Peer.ANYONE);
      }
      List<Peer> peers = new ArrayList<>();
      for (AddressFamily family : families) {
        NfExpression load = PolicyTableCompiler.address(family, direction == Direction.EGRESS);
        if (rule.peers().allPods()) {
          allPods(family, load).ifPresent(steps -> peers.add(Peer.of(family, steps)));
        }
        for (String set : rule.peers().sets()) {
          if (node.sets().containsKey(set)) {
            sets.add(set);
            peers.add(
                Peer.of(
                    family,
                    List.of(load, new Lookup(PolicyTableCompiler.named(set, family), false))));
          }
        }
        blocks(rule.peers().blocks(), family, load)
            .ifPresent(steps -> peers.add(Peer.of(family, steps)));
      }
      return peers;
    }

    private Optional<List<NfExpression>> allPods(AddressFamily family, NfExpression load) {
      List<NfInterval> pools =
          node.space().pools().stream()
              .filter(p -> p.family() == family)
              .map(NfInterval::of)
              .toList();
      if (pools.isEmpty()) {
        return Optional.empty();
      }
      List<NfExpression> steps = new ArrayList<>();
      steps.add(load);
      steps.add(new Lookup(PolicyTableCompiler.named(NODES, family), true));
      steps.addAll(within(family, pools));
      return Optional.of(steps);
    }

    private Optional<List<NfExpression>> blocks(
        List<IpBlock> blocks, AddressFamily family, NfExpression load) {
      List<NfInterval> all =
          blocks.stream()
              .filter(b -> b.cidr().family() == family)
              .flatMap(
                  b ->
                      intervals
                          .computeIfAbsent(b, x -> AddressIntervals.of(x, node.space()))
                          .stream())
              .toList();
      if (all.isEmpty()) {
        return Optional.empty();
      }
      List<NfExpression> within = within(family, all);
      if (within.isEmpty()) {
        return Optional.of(within);
      }
      List<NfExpression> steps = new ArrayList<>();
      steps.add(load);
      steps.addAll(within);
      return Optional.of(steps);
    }

    /** Steps for what was loaded to be in these; none if that is every address of the family. */
    private List<NfExpression> within(AddressFamily family, List<NfInterval> intervals) {
      AnyOf any = new AnyOf(NfSet.Key.ofAddresses(family), intervals);
      if (any.intervals().size() > 1) {
        return List.of(constant("nets-", any));
      }
      NfInterval one = any.intervals().getFirst();
      for (int length = 0; length <= family.bits(); length++) {
        if (NfInterval.of(new IpPrefix(one.first().address().orElseThrow(), length)).equals(one)) {
          NfValue mask = NfValue.ofMask(length, family.bytes());
          return length == 0
              ? List.of()
              : length == family.bits()
                  ? List.of(new Equal(one.first()))
                  : List.of(new NfExpression.Mask(mask), new Equal(one.first()));
        }
      }
      return List.of(constant("nets-", any));
    }

    private NfExpression oneOf(String kind, AnyOf any) {
      if (any.intervals().size() == 1 && any.intervals().getFirst().isSingle()) {
        return new Equal(any.intervals().getFirst().first());
      }
      return constant(kind, any);
    }

    /** nft does not read ports of conntrack that it has listed itself, but in a set. */
    private NfExpression constant(String kind, AnyOf any) {
      String set = kind + any.digest();
      constants.put(set, any);
      return new Lookup(set, false);
    }
  }
}
