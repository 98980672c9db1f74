package dev.tweed.enforce.table;

import dev.tweed.enforce.table.CompiledPolicies.Cause;
import dev.tweed.enforce.table.CompiledPolicies.Drop;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.AnyOf;
import dev.tweed.netlink.nft.NfExpression.Behind;
import dev.tweed.netlink.nft.NfExpression.Conntrack;
import dev.tweed.netlink.nft.NfExpression.Counter;
import dev.tweed.netlink.nft.NfExpression.Different;
import dev.tweed.netlink.nft.NfExpression.Dispatch;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Mask;
import dev.tweed.netlink.nft.NfExpression.Tuple;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.policy.Direction;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compiles what one node enforces by to a table of nftables that does with every packet what {@link
 * dev.tweed.policy.PolicyEvaluator} says of its connection. Pure; what it remembers only saves it
 * from converting a set again that is the same object.
 *
 * <p>Each packet is judged by the two tuples of its connection, so answers and Services need no
 * rules of their own, and a change holds for connections that are established. An address of a pod
 * of the node leads, by a map, to the chain of its class: the programs that select it. A chain
 * returns for what is accepted in that direction, and goes to one that counts and drops.
 *
 * <p>Only what is forwarded passes the table: what the node itself sends to a pod, or gets from
 * one, does not, and so is allowed.
 */
public final class PolicyTableCompiler {

  /** Before filters of others (NF_IP_PRI_FILTER is 0): what they accept is no matter here. */
  private static final int PRIORITY = -5;

  private static final int STATE_INVALID = 1;
  private static final int STATE_RELATED = 1 << 2;
  private static final int STATE_UNTRACKED = 1 << 6;
  private static final int ICMP = 1;
  private static final int ICMPV6 = 58;
  private static final IpPrefix LINK_LOCAL = IpPrefix.parse("fe80::/10");

  /** Neighbour solicitation and advertisement, which conntrack does not look at. */
  private static final int[] NEIGHBOUR_DISCOVERY = {135, 136};

  /** The chain that has the hook. */
  public static final String FORWARD = "forward";

  static final String UNKNOWN_PROGRAM = "drop-unknown-program";
  static final String UNKNOWN_POD = "drop-unknown-pod";
  static final String UNTRACKED = "drop-untracked";
  static final String BETWEEN_LINK_LOCAL = "drop-link-local";

  /** So many are about as fast as a look-up. */
  private static final int PLAIN_RULES = 4;

  /** Of one cause, for one class. */
  private static final NfExpression.Limit LOGGED = new NfExpression.Limit(3, 2, false);

  /** What begins the prefix of a packet that was dropped; the name of the chain follows. */
  public static final String LOG_PREFIX = "tweed-policy ";

  private final boolean startsOpen;
  private final OptionalInt log;
  private final int plainRules;
  private Map<PeerSet, Map<AddressFamily, Set<NfValue>>> converted = Map.of();

  /**
   * For tables of one node.
   *
   * @param startsOpen whether a pod that nothing is known of yet may do everything
   */
  public PolicyTableCompiler(boolean startsOpen) {
    this(startsOpen, OptionalInt.empty());
  }

  /**
   * For tables of one node that log some of the packets they drop.
   *
   * @param startsOpen whether a pod that nothing is known of yet may do everything
   * @param log group of the packet log, with {@link #LOG_PREFIX}; empty is none
   */
  public PolicyTableCompiler(boolean startsOpen, OptionalInt log) {
    this(startsOpen, log, PLAIN_RULES);
  }

  PolicyTableCompiler(boolean startsOpen, OptionalInt log, int plainRules) {
    this.startsOpen = startsOpen;
    this.log = log;
    this.plainRules = plainRules;
  }

  /** The table for what is known now. */
  public CompiledPolicies compile(NodeState node) {
    return new Compilation(node).compile();
  }

  /** The name of a set for addresses of a family. */
  static String named(String what, AddressFamily family) {
    return what + (family == AddressFamily.IPV4 ? "-4" : "-6");
  }

  /** Loads the address of who opened a connection, or of who answers. */
  static Tuple address(AddressFamily family, boolean reply) {
    return new Tuple(
        family == AddressFamily.IPV4 ? Tuple.Key.SOURCE_IPV4 : Tuple.Key.SOURCE_IPV6, reply);
  }

  private final class Compilation {
    final NodeState node;
    final Set<AddressFamily> families = EnumSet.noneOf(AddressFamily.class);
    final Map<String, NfChain> chains = new TreeMap<>();
    final Map<String, NfSet> sets = new TreeMap<>();
    final Map<String, Set<NfValue>> values = new TreeMap<>();
    final Map<String, Map<NfValue, Verdict>> verdicts = new TreeMap<>();
    final Map<String, AnyOf> constants = new TreeMap<>();
    final Map<String, List<NfRule>> rules = new TreeMap<>();
    final Map<String, Drop> drops = new HashMap<>();
    final Map<String, Integer> pods = new HashMap<>();
    final Set<String> missing = new HashSet<>();

    /** By object: to compare two of a thousand addresses is dear, too. */
    final Map<PeerSet, Map<AddressFamily, Set<NfValue>>> used = new IdentityHashMap<>();

    Compilation(NodeState node) {
      this.node = node;
      node.blocks().forEach(b -> families.add(b.family()));
    }

    CompiledPolicies compile() {
      for (AddressFamily family : families) {
        NfSet.Key key = NfSet.Key.ofAddresses(family);
        set(named("open", family), key);
        set(named("self", family), key.with(key));
        for (Direction direction : Direction.values()) {
          String map = named(entryOf(direction), family);
          sets.put(map, NfSet.ofVerdicts(PolicyTable.POLICY, map, key));
          verdicts.put(map, new HashMap<>());
        }
      }
      pods();
      own();
      base();
      peers();
      return new CompiledPolicies(
          new PolicyTable(PolicyTable.POLICY, chains, sets, values, verdicts, constants, rules),
          drops,
          pods,
          missing);
    }

    private void pods() {
      Map<IpAddress, Integer> holders = new HashMap<>();
      for (PodEntry pod : node.pods()) {
        pod.addresses().forEach(a -> holders.merge(a, 1, Integer::sum));
      }
      ClassCompiler classes = new ClassCompiler(node, families, plainRules);
      Map<ClassCompiler.PodClass, Map<Direction, Verdict>> known = new HashMap<>();
      for (PodEntry pod : node.pods()) {
        ClassCompiler.PodClass podClass = ClassCompiler.PodClass.of(pod, node);
        Map<Direction, Verdict> verdict = known.computeIfAbsent(podClass, c -> compile(classes, c));
        boolean closed = !missingPrograms(podClass).isEmpty();
        if (!closed) {
          podClass.programs().forEach(p -> pods.merge(p, 1, Integer::sum));
        }
        for (IpAddress address : pod.addresses()) {
          if (holders.get(address) == 1 && node.isLocalPod(address)) {
            admit(address, verdict, podClass.programs().isEmpty());
          }
        }
      }
    }

    private Set<String> missingPrograms(ClassCompiler.PodClass podClass) {
      Set<String> unknown = new TreeSet<>(podClass.programs());
      unknown.removeAll(node.programs().keySet());
      return unknown;
    }

    private Map<Direction, Verdict> compile(
        ClassCompiler classes, ClassCompiler.PodClass podClass) {
      Set<String> unknown = missingPrograms(podClass);
      if (!unknown.isEmpty()) {
        missing.addAll(unknown);
        Verdict closed = dropBy(UNKNOWN_PROGRAM, Cause.UNKNOWN_PROGRAM, Set.of());
        return Map.of(Direction.INGRESS, closed, Direction.EGRESS, closed);
      }
      Map<Direction, Verdict> result = new HashMap<>();
      for (Direction direction : Direction.values()) {
        ClassCompiler.Chains compiled = classes.compile(podClass, direction);
        compiled.rules().forEach(this::chain);
        compiled.drops().forEach((name, drop) -> dropBy(name, drop.cause(), drop.programs()));
        constants.putAll(compiled.constants());
        compiled
            .maps()
            .forEach(
                (name, ports) -> {
                  sets.put(name, NfSet.ofVerdicts(PolicyTable.POLICY, name, NfSet.Key.PORT));
                  verdicts.put(name, ports);
                });
        missing.addAll(compiled.missing());
        compiled.sets().forEach(this::peerSet);
        result.put(direction, compiled.entry().map(Verdict::goTo).orElseGet(Verdict::returns));
      }
      return result;
    }

    private void admit(IpAddress address, Map<Direction, Verdict> verdict, boolean open) {
      NfValue value = NfValue.of(address);
      AddressFamily family = address.family();
      verdict.forEach((d, v) -> verdicts.get(named(entryOf(d), family)).put(value, v));
      if (open) {
        values.get(named("open", family)).add(value);
      } else {
        byte[] twice = Arrays.copyOf(address.toBytes(), 2 * family.bytes());
        System.arraycopy(twice, 0, twice, family.bytes(), family.bytes());
        values.get(named("self", family)).add(NfValue.of(twice));
      }
    }

    /** The node's own addresses of its blocks; probes of others are forwarded to one. */
    private void own() {
      for (IpAddress address : node.ownAddresses()) {
        if (node.blocks().stream().anyMatch(b -> b.contains(address))) {
          Verdict open = Verdict.returns();
          admit(address, Map.of(Direction.INGRESS, open, Direction.EGRESS, open), true);
        }
      }
    }

    private void base() {
      chains.put(
          FORWARD,
          new NfChain(
              PolicyTable.POLICY,
              FORWARD,
              Optional.of(new NfHook(NfHook.Type.FILTER, NfHook.Point.FORWARD, PRIORITY, true))));
      List<NfRule> forward = new ArrayList<>();
      forward.add(
          new NfSteps()
              .then(state(STATE_INVALID | STATE_RELATED | STATE_UNTRACKED))
              .rule(PolicyTable.POLICY, FORWARD, "", Verdict.goTo("strict")));
      forward.addAll(judge(FORWARD));
      entry(Direction.EGRESS);
      entry(Direction.INGRESS);
      chain("related", judge("related"));
      rules.put(FORWARD, forward);
      chain("strict", strict());
    }

    private static NfExpression[] state(int bits) {
      return new NfExpression[] {
        new Conntrack(Conntrack.Key.STATE),
        new Mask(NfValue.ofHostNumber(bits)),
        new Different(NfValue.ofHostNumber(0))
      };
    }

    /**
     * By both tuples of the connection. Whose address it is is asked first of the map of pods,
     * which answers for most packets; whether one that is in none is of this node, only then.
     */
    private List<NfRule> judge(String chain) {
      List<NfRule> judge = new ArrayList<>();
      for (Direction direction : List.of(Direction.EGRESS, Direction.INGRESS)) {
        judge.add(
            new NfSteps().rule(PolicyTable.POLICY, chain, "", Verdict.jump(entryOf(direction))));
      }
      return judge;
    }

    private void entry(Direction direction) {
      boolean reply = direction == Direction.INGRESS;
      String name = entryOf(direction);
      List<NfRule> entry = new ArrayList<>();
      for (AddressFamily family : families) {
        entry.add(
            new NfSteps()
                .rule(
                    PolicyTable.POLICY,
                    name,
                    "",
                    address(family, reply),
                    new Dispatch(named(name, family))));
      }
      if (!startsOpen) {
        for (IpPrefix block : node.blocks()) {
          entry.add(
              new NfSteps()
                  .within(address(block.family(), reply), List.of(block))
                  .rule(
                      PolicyTable.POLICY,
                      name,
                      "",
                      dropBy(UNKNOWN_POD, Cause.UNKNOWN_POD, Set.of())));
        }
      }
      if (direction == Direction.INGRESS) {
        // Without blocks of IPv6 pods have such addresses, too.
        entry.add(
            new NfSteps()
                .within(address(AddressFamily.IPV6, false), List.of(LINK_LOCAL))
                .within(address(AddressFamily.IPV6, true), List.of(LINK_LOCAL))
                .rule(
                    PolicyTable.POLICY,
                    name,
                    "",
                    dropBy(BETWEEN_LINK_LOCAL, Cause.LINK_LOCAL, Set.of())));
      }
      chain(name, entry);
    }

    /** What has no connection that could be judged; it may not be of a pod with policies. */
    private List<NfRule> strict() {
      List<NfRule> strict = new ArrayList<>();
      if (families.contains(AddressFamily.IPV6)) {
        strict.add(
            new NfSteps()
                .icmp(AddressFamily.IPV6, NfSteps.singles(NEIGHBOUR_DISCOVERY))
                .rule(PolicyTable.POLICY, "strict", "", Verdict.accept()));
      }
      // Errors about a connection have no ports, by which it is judged itself.
      for (int protocol : new int[] {ICMP, ICMPV6}) {
        strict.add(
            new NfSteps()
                .then(state(STATE_RELATED))
                .protocol(protocol)
                .rule(PolicyTable.POLICY, "strict", "errors", Verdict.accept()));
      }
      strict.add(
          new NfSteps()
              .then(state(STATE_RELATED))
              .rule(PolicyTable.POLICY, "strict", "", Verdict.goTo("related")));
      for (IpPrefix block : node.blocks()) {
        AddressFamily family = block.family();
        for (NfExpression end : List.of(NfSteps.source(family), NfSteps.destination(family))) {
          strict.add(
              new NfSteps()
                  .family(family)
                  .then(end, new Lookup(named("open", family), true))
                  .within(end, List.of(block))
                  .rule(
                      PolicyTable.POLICY,
                      "strict",
                      "",
                      dropBy(UNTRACKED, Cause.UNTRACKED, Set.of())));
        }
      }
      return strict;
    }

    private void chain(String name, List<NfRule> content) {
      chains.put(name, new NfChain(PolicyTable.POLICY, name, Optional.empty()));
      rules.put(name, content);
    }

    /** A chain that drops all but what a pod sends to itself, through a Service. */
    private Verdict dropBy(String name, Cause cause, Set<String> programs) {
      if (drops.putIfAbsent(name, new Drop(cause, programs)) == null) {
        List<NfRule> drop = new ArrayList<>();
        if (cause != Cause.UNTRACKED && cause != Cause.LINK_LOCAL) {
          for (AddressFamily family : families) {
            drop.add(
                new NfSteps()
                    .then(
                        address(family, false),
                        new Behind(family.bytes() / 4, address(family, true)),
                        new Lookup(named("self", family), false))
                    .rule(PolicyTable.POLICY, name, "itself", Verdict.returns()));
          }
        }
        if (log.isPresent()) {
          drop.add(
              new NfSteps()
                  .rule(
                      PolicyTable.POLICY,
                      name,
                      "",
                      LOGGED,
                      new NfExpression.Log(LOG_PREFIX + name, log)));
        }
        drop.add(
            new NfSteps()
                .rule(PolicyTable.POLICY, name, cause.text(), Counter.ZERO, Verdict.drop()));
        chain(name, drop);
      }
      return Verdict.goTo(name);
    }

    private void set(String name, NfSet.Key key) {
      sets.put(name, NfSet.of(PolicyTable.POLICY, name, key));
      values.put(name, new HashSet<>());
    }

    private void peerSet(String name) {
      PeerSet set = node.sets().get(name);
      Map<AddressFamily, Set<NfValue>> byFamily = used.getOrDefault(set, converted.get(set));
      if (byFamily == null) {
        byFamily = new HashMap<>();
        for (AddressFamily family : AddressFamily.values()) {
          byFamily.put(family, valuesOf(set.addresses(), family));
        }
      }
      used.put(set, byFamily);
      for (AddressFamily family : families) {
        String called = named(name, family);
        sets.put(called, NfSet.of(PolicyTable.POLICY, called, NfSet.Key.ofAddresses(family)));
        values.put(called, byFamily.get(family));
      }
    }

    /** Addresses of nodes, if a rule is about all pods, which they are not. */
    private void peers() {
      for (AddressFamily family : families) {
        String name = named(ClassCompiler.NODES, family);
        boolean asked =
            rules.values().stream()
                .flatMap(List::stream)
                .flatMap(r -> r.expressions().stream())
                .anyMatch(e -> e instanceof Lookup lookup && lookup.set().equals(name));
        if (asked) {
          sets.put(name, NfSet.of(PolicyTable.POLICY, name, NfSet.Key.ofAddresses(family)));
          values.put(name, valuesOf(node.space().nodes().keySet(), family));
        }
      }
      converted = used;
    }
  }

  private static Set<NfValue> valuesOf(Set<IpAddress> addresses, AddressFamily family) {
    Set<NfValue> values = new HashSet<>();
    for (IpAddress address : addresses) {
      if (address.family() == family) {
        values.add(NfValue.of(address));
      }
    }
    return values;
  }

  private static String entryOf(Direction direction) {
    return direction == Direction.INGRESS ? "in" : "out";
  }
}
