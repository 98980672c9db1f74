package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Clusters of IPv4 nodes, numbered from 0. */
final class SampleTargets {

  static final int MTU = 1450;

  private SampleTargets() {}

  /** What a node of so many is given. */
  static ProbeTargets of(int nodes, int own) {
    return new ProbeTargets(
        true,
        List.of(source(own)),
        IntStream.range(0, nodes)
            .filter(node -> node != own)
            .mapToObj(SampleTargets::target)
            .toList(),
        MTU);
  }

  static Source source(int node) {
    IpPrefix block = block(node);
    return new Source(block, ProbeAddress.of(block).orElseThrow());
  }

  static Target target(int node) {
    IpPrefix block = block(node);
    return new Target(
        "n" + node,
        block,
        ProbeAddress.of(block).orElseThrow(),
        List.of(IpAddress.parse("192.0." + node / 250 + "." + (node % 250 + 1))),
        Optional.empty());
  }

  /** The same, with a tunnel to these nodes and plain routes to all others. */
  static ProbeTargets tunnelled(ProbeTargets targets, String tunnel, Integer... nodes) {
    Set<String> names = Stream.of(nodes).map(node -> "n" + node).collect(Collectors.toSet());
    return new ProbeTargets(
        targets.enabled(),
        targets.own(),
        targets.peers().stream()
            .map(
                to ->
                    new Target(
                        to.node(),
                        to.block(),
                        to.address(),
                        to.nodeIps(),
                        Optional.of(tunnel).filter(name -> names.contains(to.node()))))
            .toList(),
        targets.podMtu());
  }

  private static IpPrefix block(int node) {
    return IpPrefix.parse("10." + node / 256 + "." + node % 256 + ".0/24");
  }
}
