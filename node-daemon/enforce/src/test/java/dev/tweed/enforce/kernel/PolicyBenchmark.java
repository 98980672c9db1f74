package dev.tweed.enforce.kernel;

import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.PathCost;
import dev.tweed.netlink.testing.RatioTable;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CPU per packet and per connection between two pods of one node, the cheapest way there is, so
 * that ratios are upper bounds: with the table of network policies, with lists of rules by hand,
 * and without either. All variants exist at once; rounds go through them forwards and backwards,
 * and each ratio is to the reference of its own round ({@link PathCost}).
 *
 * <p>110 pods; policies allow one port each from a set of 1,000 addresses, of which there are up to
 * 50. The pod that is sent to is selected by all of them, and what is sent is allowed by that in
 * the middle. A packet is one of a flow that was answered, a connection is TCP with a round trip.
 *
 * <p>Arguments: rounds (7). Needs root, and the program nft for the lists by hand.
 */
public final class PolicyBenchmark {
  private static final int CONNECTIONS = 500;
  private static final int PODS = 110;
  private static final int MEMBERS = 1000;
  private static final int SETS = 50;
  private static final String REFERENCE = "no policy";

  private static final Map<String, PeerSet> PEERS =
      IntStream.range(0, SETS)
          .mapToObj(s -> new PeerSet("s-" + s, members(s).collect(Collectors.toSet())))
          .collect(Collectors.toMap(PeerSet::name, set -> set));

  private PolicyBenchmark() {}

  private static Stream<IpAddress> members(int set) {
    return Stream.concat(
            Stream.of(PolicyBed.A),
            IntStream.range(1, MEMBERS)
                .mapToObj(a -> "10.%d.%d.%d".formatted(10 + set, a / 250, a % 250)))
        .map(IpAddress::parse);
  }

  private record Variant(String name, String goal, PolicyBed bed) {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
    List<Variant> variants = new ArrayList<>();
    RatioTable packets = new RatioTable();
    RatioTable opened = new RatioTable();
    try {
      add(variants, REFERENCE, "");
      add(variants, REFERENCE + " again", "");
      write(add(variants, "pods not selected", "<= 1.10"), state(10, Set.of(), false));
      for (int policies : new int[] {1, 10, 1000}) {
        write(
            add(variants, count(policies), policies == 1000 ? "" : "<= 1.16"),
            state(policies, names(policies), false));
      }
      write(add(variants, "10 policies, both families", ""), state(10, names(10), true));
      PolicyBed guarded = add(variants, count(10) + ", spoof guard", "");
      write(guarded, state(10, names(10), false));
      guard(guarded);
      for (int policies : new int[] {10, 1000}) {
        byHand(add(variants, "list by hand, " + count(policies), ""), policies, false);
        byHand(
            add(variants, "list by hand, established first, " + count(policies), ""),
            policies,
            true);
      }
      for (int round = 0; round <= rounds; round++) {
        for (Variant variant : round % 2 == 0 ? variants : variants.reversed()) {
          PathCost.End from = new PathCost.End(variant.bed().podA, PolicyBed.A);
          PathCost.End to = new PathCost.End(variant.bed().podB, PolicyBed.B);
          double packet = PathCost.packet(from, to, true);
          double connection = PathCost.connection(from, to, CONNECTIONS);
          if (round > 0) { // the first is for the compiler and the neighbours
            packets.add(variant.name(), packet);
            opened.add(variant.name(), connection);
          }
        }
      }
      for (Variant v : variants) {
        row(packets, v.name(), "ns of CPU for a packet", 1, v.goal());
        row(opened, v.name(), "us of CPU for a connection", 1000, "");
      }
    } finally {
      for (Variant variant : variants) {
        variant.bed().close();
      }
    }
  }

  private static PolicyBed add(List<Variant> variants, String name, String goal) {
    PolicyBed bed = new PolicyBed();
    variants.add(new Variant(name, goal, bed));
    return bed;
  }

  private static void row(RatioTable table, String variant, String what, int unit, String goal) {
    System.out.println(
        table.row("policy, %s: %s".formatted(variant, what), variant, REFERENCE, unit, goal));
  }

  private static String count(int policies) {
    return policies == 1 ? "1 policy" : "%,d policies".formatted(policies);
  }

  private static void write(PolicyBed bed, NodeState state) {
    CompiledPolicies compiled = new PolicyTableCompiler(false).compile(state);
    PolicyTableWriter.Outcome outcome =
        bed.node.call(
            () -> new PolicyTableWriter(bed.tables, PolicyTable.POLICY).write(compiled.table()));
    if (!outcome.succeeded() || !compiled.missing().isEmpty()) {
      throw new IllegalStateException("not written: " + outcome);
    }
  }

  private static void guard(PolicyBed bed) {
    Map<Integer, Set<IpAddress>> ports = new HashMap<>();
    ports.put(index(bed, "pod-a"), addresses(PolicyBed.A, PolicyBed.A6));
    ports.put(index(bed, "pod-b"), addresses(PolicyBed.B, PolicyBed.B6));
    bed.node.call(
        () -> {
          try (PolicyKernel kernel = new PolicyKernel(Path.of("/proc/sys/net"))) {
            kernel
                .writeSpoof(Optional.of(ports))
                .ifPresent(
                    why -> {
                      throw new IllegalStateException(why);
                    });
          }
          return null;
        });
  }

  private static int index(PolicyBed bed, String device) {
    return Integer.parseInt(bed.node.sh("ip -o link show " + device).replaceFirst("(?s):.*", ""));
  }

  private static Set<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).collect(Collectors.toSet());
  }

  private static Set<String> names(int policies) {
    return IntStream.range(0, policies).mapToObj(p -> "p-" + p).collect(Collectors.toSet());
  }

  /** Of the policy in the middle what is sent to. */
  private static int port(int policy, int policies) {
    return policy == policies / 2 ? PathCost.PORT : 10_000 + policy;
  }

  /**
   * What the node knows.
   *
   * @param selecting those of them that select the pod that is sent to
   * @param ipv6 whether pods have addresses of IPv6, too
   */
  private static NodeState state(int policies, Set<String> selecting, boolean ipv6) {
    Map<String, Program> programs = new HashMap<>();
    for (int p = 0; p < policies; p++) {
      int port = port(p, policies);
      programs.put(
          "p-" + p,
          PolicyTableBench.program(
              p, PortMatch.one(Protocol.TCP, port), PortMatch.one(Protocol.UDP, port)));
    }
    List<PodEntry> pods = new ArrayList<>();
    pods.add(new PodEntry("a", addresses(PolicyBed.A, PolicyBed.A6), Set.of(), List.of()));
    pods.add(new PodEntry("b", addresses(PolicyBed.B, PolicyBed.B6), selecting, List.of()));
    for (int i = 2; i < PODS; i++) {
      pods.add(
          new PodEntry(
              "u" + i, addresses("10.244.1." + (i + 2)), Set.of("p-" + i % policies), List.of()));
    }
    return new NodeState(
        Stream.of("10.244.1.0/24", "fd00:244:1::/64")
            .limit(ipv6 ? 2 : 1)
            .map(IpPrefix::parse)
            .toList(),
        addresses("10.244.1.1", "fd00:244:1::1"),
        new AddressSpace(List.of(IpPrefix.parse("10.0.0.0/8")), Map.of()),
        pods,
        programs,
        PEERS);
  }

  /** A chain of each pod, found by one rule after the other, and in it a rule of each policy. */
  private static void byHand(PolicyBed bed, int policies, boolean establishedFirst)
      throws Exception {
    StringBuilder rules = new StringBuilder("table inet byhand {\n");
    for (int s = 0; s < Math.min(policies, SETS); s++) {
      rules.append(
          "set s%d { type ipv4_addr; elements = { %s } }\n"
              .formatted(s, members(s).map(IpAddress::toString).collect(Collectors.joining(", "))));
    }
    rules.append("chain pod {\n");
    for (int p = 0; p < policies; p++) {
      rules.append("th dport %d ip saddr @s%d accept\n".formatted(port(p, policies), p % SETS));
    }
    rules.append("counter drop\n}\nchain forward { type filter hook forward priority -5;\n");
    if (establishedFirst) {
      rules.append("ct state established,related accept\n");
    }
    for (int i = 2; i < PODS; i++) {
      String pod = i == PODS / 2 ? PolicyBed.B : "10.244.1." + (i + 2);
      rules.append("ip daddr %s jump pod\n".formatted(pod));
    }
    Path file = Files.createTempFile("policy-benchmark", ".nft");
    try {
      Files.writeString(file, rules.append("}\n}\n"));
      bed.node.exec("nft", "-f", file.toString());
    } finally {
      Files.delete(file);
    }
  }
}
