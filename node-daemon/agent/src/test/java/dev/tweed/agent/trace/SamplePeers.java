package dev.tweed.agent.trace;

import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** A network of a few nodes. */
final class SamplePeers {

  static final Backend VXLAN = new Backend.Vxlan(1, 8472, false);
  static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");

  private SamplePeers() {}

  /** This node has these; the others have one block each. */
  static TraceNetwork network(
      Backend backend, List<String> ownBlocks, List<String> ownIps, Peer... peers) {
    List<IpPrefix> blocks = ownBlocks.stream().map(IpPrefix::parse).toList();
    return new TraceNetwork(
        new NetworkNeeds(
            backend instanceof Backend.Vxlan vxlan
                ? Optional.of(
                    new NetworkNeeds.Tunnel(
                        "tweed." + vxlan.vni(), vxlan.port(), false, Optional.empty()))
                : Optional.empty(),
            "tweed-br0",
            Optional.of("eth0"),
            List.of("eth0"),
            ownIps.stream().map(IpAddress::parse).toList(),
            blocks),
        new ClusterSnapshot(
            new NetworkParameters(
                "default",
                backend,
                0,
                "tweed-br0",
                false,
                new Masquerade(false, List.of(), false),
                blocks,
                Map.of(),
                true,
                true,
                TranslatedAddresses.NONE,
                false),
            new OwnNode("n1", blocks, ownIps.stream().map(IpAddress::parse).toList(), MAC),
            List.of(peers)));
  }

  static Peer peer(String node, String block, String... nodeIps) {
    return new Peer(
        node, IpPrefix.parse(block), Stream.of(nodeIps).map(IpAddress::parse).toList(), MAC, 0);
  }

  static UnreachedPeer unreached(Peer peer, Cause cause) {
    return unreached(peer, cause, true);
  }

  static UnreachedPeer unreached(Peer peer, Cause cause, boolean lives) {
    return new UnreachedPeer(
        peer.node(),
        peer.block(),
        cause,
        true,
        lives,
        Instant.EPOCH,
        Optional.empty(),
        OptionalInt.empty(),
        Where.UNKNOWN);
  }
}
