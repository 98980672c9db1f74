package dev.tweed.operator.networkpolicy;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Direction;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** 100,000 pods of 5,000 nodes and 10,000 policies: from nothing, and one change. */
public final class PolicyIndexBench {
  private static final int NODES = 5_000;
  private static final int NAMESPACES = 1_000;
  private static final int APPS = 10;
  private static final int PODS = 100_000;
  private static final int ROUNDS = 3;

  private PolicyIndexBench() {}

  /** Runs it. */
  public static void main(String[] arguments) {
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      PolicyIndex index = new PolicyIndex();
      index.nodes(IntStream.range(0, NODES).mapToObj(i -> "n" + i).collect(Collectors.toSet()));
      for (int i = 0; i < NAMESPACES; i++) {
        index.namespace("ns" + i, Optional.of(Map.of("name", "ns" + i, "team", "t" + i % 50)));
      }
      for (int i = 0; i < NAMESPACES * 10; i++) {
        index.policy("p" + i, Optional.of(policy(i, 1)));
      }
      for (int i = 0; i < PODS; i++) {
        index.pod("pod" + i, Optional.of(pod(i, i % NODES)));
      }
      PolicyIndex.Touched all = index.everything();
      index.touched();
      int objects = look(index, all);
      row(round, "everything from facts in memory", millis(start), objects, "< 6000");
      start = System.nanoTime();
      index.pod("pod7", Optional.of(pod(7, 8)));
      objects = look(index, index.touched());
      row(round, "a pod moves", millis(start), objects, "< 20");
      start = System.nanoTime();
      index.policy("p7", Optional.of(policy(7, 2)));
      objects = look(index, index.touched());
      row(round, "a policy changes", millis(start), objects, "< 20");
      start = System.nanoTime();
      index.namespace("ns3", Optional.of(Map.of("name", "ns3", "team", "t9")));
      objects = look(index, index.touched());
      row(round, "a namespace is labelled anew", millis(start), objects, "< 20");
      if (round == ROUNDS - 1) {
        System.gc();
        System.out.printf(
            "| operator, 100,000 pods, 10,000 policies: heap | MB | %d |  |%n",
            (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20);
        index.touched(); // it is still there
      }
    }
  }

  private static void row(int round, String what, double millis, int objects, String goal) {
    if (round == ROUNDS - 1) { // those before are for the compiler
      System.out.printf(
          Locale.ROOT,
          "| operator, 100,000 pods, 10,000 policies: %s, objects that follow: %,d | ms | %.2f | %s |%n",
          what,
          objects,
          millis,
          goal);
    }
  }

  private static int look(PolicyIndex index, PolicyIndex.Touched touched) {
    int objects = 0;
    for (String p : touched.programs()) {
      objects += index.program(p).isPresent() ? 1 : 0;
    }
    for (String s : touched.sets()) {
      objects += index.needs(s) && index.members(s) != null ? 1 : 0;
    }
    for (String n : touched.nodes()) {
      objects += index.node(n).isPresent() ? 1 : 0;
    }
    touched.outlooks().forEach(index::outlook);
    return objects;
  }

  private static double millis(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static Pod pod(int i, int node) {
    return new Pod(
        "uid-" + i,
        "ns" + i % NAMESPACES,
        Map.of("app", "a" + i / NAMESPACES % APPS, "pod-template-hash", "h" + i % NAMESPACES),
        "n" + node,
        false,
        false,
        Set.of(IpAddress.parse("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255))),
        List.of());
  }

  private static PolicyObject policy(int i, long generation) {
    return new PolicyObject.OfNamespace(
        "p" + i,
        new NetworkPolicy(
            "policy-" + i,
            generation,
            "ns" + i % NAMESPACES,
            i % 10 == 0
                ? LabelSelector.EVERYTHING
                : LabelSelector.label("app", "a" + i / NAMESPACES % APPS),
            Set.of(Direction.INGRESS),
            List.of(
                new NetworkPolicy.Rule(
                    List.of(PortMatch.one(Protocol.TCP, 80)),
                    List.of(
                        new NetworkPolicy.Pods(
                            Optional.empty(), LabelSelector.label("app", "a" + i % APPS)),
                        new NetworkPolicy.Pods(
                            Optional.of(LabelSelector.label("team", "t" + i % 50)),
                            LabelSelector.label("app", "a" + i % 7))))),
            List.of()),
        List.of());
  }
}
