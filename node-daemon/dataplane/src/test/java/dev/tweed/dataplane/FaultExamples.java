package dev.tweed.dataplane;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Snapshots of a node with tunnels over both families, and what each comes to. */
final class FaultExamples {

  /** Peer n4 has no IPv4 address, so it needs the second tunnel. */
  static final Example BASE =
      Example.vxlan()
          .dualStack()
          .with(
              Example.peer(2),
              Example.peer6(2),
              Example.peer(3),
              Example.peer6(3),
              new Peer("n4", Example.block(4), List.of(Example.ip6(4)), Example.mac(4)));

  static final Example MORE_PEERS =
      BASE.with(
          Stream.concat(BASE.peers().stream(), Stream.of(Example.peer(5), Example.peer6(5)))
              .toList());

  static final Example FEWER_PEERS = BASE.with(BASE.peers().subList(2, 5));

  static final Example MOVED_PEER =
      BASE.with(
          Stream.concat(
                  BASE.peers().stream().skip(1),
                  Stream.of(
                      new Peer("n2", Example.block(2), List.of(Example.ip(22)), Example.mac(22))))
              .toList());

  static final Example OTHER_BLOCK =
      BASE.with(
          new OwnNode(
              "n1",
              List.of(Example.block(9), Example.block6(9)),
              BASE.self().nodeIps(),
              BASE.self().vtepMac()));

  static final Example OTHER_MTU = BASE.withMtu(1400);

  private static final Map<String, Example> ALL = new LinkedHashMap<>();

  static {
    ALL.put("base", BASE);
    ALL.put("more peers", MORE_PEERS);
    ALL.put("fewer peers", FEWER_PEERS);
    ALL.put("moved peer", MOVED_PEER);
    ALL.put("other block", OTHER_BLOCK);
    ALL.put("other MTU", OTHER_MTU);
    ALL.put("other VNI", BASE.with(new Backend.Vxlan(7, 8472, false)));
    ALL.put("direct routes", BASE.with(new Backend.Vxlan(1, 8472, true)));
    ALL.put("no masquerade", BASE.with(new Masquerade(false, List.of(), true)));
    ALL.put("sysctls", BASE.withSysctls(Map.of("net.core.somaxconn", "1000")));
    ALL.put("no peers", BASE.with(List.of()));
    ALL.put(
        "host gateway",
        BASE.with(new Backend.HostGateway()).with(Example.peer(2), Example.peer(3)));
  }

  private static final Map<Example, KernelDump> FRESH = new ConcurrentHashMap<>();

  private FaultExamples() {}

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  static Example named(String name) {
    return ALL.get(name);
  }

  /** What a machine that never had a fault comes to. */
  static KernelDump fresh(Example example) {
    return FRESH.computeIfAbsent(
        example,
        key -> {
          try (FaultyNode node = new FaultyNode()) {
            node.assertSettles(key);
            return node.dump();
          }
        });
  }
}
