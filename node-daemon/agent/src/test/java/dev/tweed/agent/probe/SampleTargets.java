package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.IntStream;

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
        List.of(IpAddress.parse("192.0." + node / 250 + "." + (node % 250 + 1))));
  }

  private static IpPrefix block(int node) {
    return IpPrefix.parse("10." + node / 256 + "." + node % 256 + ".0/24");
  }
}
