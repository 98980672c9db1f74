package dev.tweed.enforce.kernel;

import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.policy.Action;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.Direction;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * 110 pods of 22 classes, 10 policies each, 50 shared sets of 1,000 addresses: how long the table
 * takes from nothing, one changed member, one pod that comes, and reading it back. Needs root.
 */
public final class PolicyTableBench {

  private static final int FROM_NOTHING = 7;
  private static final int ROUNDS = 200;

  /** The same objects in all states, as they are in the daemon. */
  private static final Map<String, PeerSet> SETS =
      IntStream.range(0, 50)
          .mapToObj(
              s ->
                  new PeerSet(
                      "s-" + s,
                      IntStream.range(0, 1000)
                          .mapToObj(
                              a ->
                                  IpAddress.parse(
                                      "10.%d.%d.%d".formatted(10 + s, a / 250, a % 250)))
                          .collect(Collectors.toSet())))
          .collect(Collectors.toMap(PeerSet::name, set -> set));

  private PolicyTableBench() {}

  /** Runs it. */
  public static void main(String[] arguments) {
    try (Netns netns = Netns.open()) {
      netns.call(
          () -> {
            try (NfTables tables = new NfTablesSocket()) {
              measure(tables);
            }
            return null;
          });
    }
  }

  private static void measure(NfTables tables) {
    PolicyTableCompiler compiler = new PolicyTableCompiler(false);
    NodeState state = state(Set.of(), 110);
    PolicyTableWriter writer = new PolicyTableWriter(tables, PolicyTable.POLICY);
    double[][] millis = new double[3][FROM_NOTHING];
    for (int i = 0; i < FROM_NOTHING; i++) {
      writer.remove();
      long begin = System.nanoTime();
      PolicyTable table = compiler.compile(state).table();
      long compiled = System.nanoTime();
      writer = new PolicyTableWriter(tables, PolicyTable.POLICY);
      writer.write(table);
      long written = System.nanoTime();
      writer.audit(table);
      millis[0][i] = (compiled - begin) / 1e6;
      millis[1][i] = (written - compiled) / 1e6;
      millis[2][i] = (System.nanoTime() - written) / 1e6;
    }
    row("table from nothing: compiled", millis[0], "");
    row("table from nothing: written", millis[1], "< 300");
    row("table read back", millis[2], "");
    change(writer, compiler, "one member more or less", state(Set.of("10.9.9.9"), 110), state);
    change(writer, compiler, "one pod more or less", state(Set.of(), 111), state);
  }

  private static void change(
      PolicyTableWriter writer,
      PolicyTableCompiler compiler,
      String what,
      NodeState other,
      NodeState state) {
    double[][] millis = new double[2][ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long begin = System.nanoTime();
      PolicyTable table = compiler.compile(i % 2 == 0 ? other : state).table();
      long compiled = System.nanoTime();
      writer.write(table);
      millis[0][i] = (compiled - begin) / 1e6;
      millis[1][i] = (System.nanoTime() - compiled) / 1e6;
    }
    row(what + ": compiled", millis[0], "");
    row(what + ": compared and written", millis[1], "");
  }

  private static void row(String what, double[] millis, String goal) {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "| 110 pods, 50 sets of 1,000, %s | ms, median / max | %.2f / %.2f (n = %d) | %s |%n",
        what,
        sorted[sorted.length / 2],
        sorted[sorted.length - 1],
        sorted.length,
        goal);
  }

  /** Lets members of one of 50 sets in by some ports. */
  static Program program(int number, PortMatch... ports) {
    return new Program(
        "p-" + number,
        new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "u" + number, 1),
        Tier.NETWORK_POLICY,
        0,
        Set.of(Direction.INGRESS),
        List.of(Rule.of(0, Action.ACCEPT, Peers.sets("s-" + number % 50), ports)),
        List.of());
  }

  /** A node with so many pods, and some more members of one set. */
  static NodeState state(Set<String> more, int pods) {
    Map<String, PeerSet> sets = new HashMap<>(SETS);
    if (!more.isEmpty()) {
      Set<IpAddress> addresses = new HashSet<>(sets.get("s-0").addresses());
      more.forEach(a -> addresses.add(IpAddress.parse(a)));
      sets.put("s-0", new PeerSet("s-0", addresses));
    }
    Map<String, Program> programs = new HashMap<>();
    for (int p = 0; p < 100; p++) {
      programs.put("p-" + p, program(p, PortMatch.one(Protocol.TCP, 8000 + p)));
    }
    List<PodEntry> entries = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      Set<String> names = new HashSet<>();
      for (int p = 0; p < 10; p++) {
        names.add("p-" + (i % 22 * 4 + p * 7) % 100);
      }
      entries.add(
          new PodEntry("u" + i, Set.of(IpAddress.parse("10.244.1." + (i + 2))), names, List.of()));
    }
    return new NodeState(
        List.of(IpPrefix.parse("10.244.1.0/24")),
        Set.of(IpAddress.parse("10.244.1.1")),
        new AddressSpace(List.of(IpPrefix.parse("10.0.0.0/8")), Map.of()),
        entries,
        programs,
        sets);
  }
}
