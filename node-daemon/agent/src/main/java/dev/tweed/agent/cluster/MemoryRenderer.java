package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.agent.cluster.SubnetRecord.OwnSubnet;
import dev.tweed.dataplane.Peer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/**
 * Renders what this node has to remember of a view to have its data path again: the PodNetwork it
 * belongs to and the NodeSubnets of that. FirewallPolicies and the Node are not among it, since
 * nothing is opened on the word of memory.
 *
 * <p>The form is that of the API, as JSON, packed: it is read by what reads the API's objects. The
 * same view gives the same bytes, whatever the order of its lists.
 */
final class MemoryRenderer {

  static final String NETWORK = "podNetwork";
  static final String SUBNETS = "nodeSubnets";

  private final SnapshotMapper mapper;

  MemoryRenderer(String nodeName) {
    this.mapper = new SnapshotMapper(nodeName);
  }

  /** What is to be kept, and the objects it rests on. */
  record Rendered(byte[] bytes, RememberedObjects objects) {}

  /** Renders a complete view; empty if the node belongs to no network that can be programmed. */
  Optional<Rendered> render(ClusterView view) {
    if (!(mapper.map(view) instanceof Mapping.Program program)) {
      return Optional.empty();
    }
    String name = program.snapshot().network().name();
    NetworkRecord network =
        view.networks().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    List<SubnetRecord> subnets =
        view.subnets().stream()
            .filter(subnet -> subnet.podNetwork().equals(name))
            .filter(subnet -> subnet.block() instanceof Block.Valid)
            .sorted(Comparator.comparing(SubnetRecord::name))
            .toList();
    return Optional.of(
        new Rendered(bytes(network, subnets), RememberedObjects.of(network, subnets)));
  }

  private static byte[] bytes(NetworkRecord network, List<SubnetRecord> subnets) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(bytes);
        JsonGenerator json = ApiJson.mapper().getFactory().createGenerator(packed)) {
      json.writeStartObject();
      json.writeObjectFieldStart(NETWORK);
      meta(json, network.name(), network.created());
      json.writeStringField("uid", network.uid());
      json.writeEndObject();
      json.writeObjectField("spec", network.spec());
      json.writeEndObject();
      json.writeArrayFieldStart(SUBNETS);
      for (SubnetRecord subnet : subnets) {
        if (subnet.block() instanceof Block.Valid(Peer peer)) {
          subnet(json, subnet, peer);
        }
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not into memory
    }
    return bytes.toByteArray();
  }

  /** Begins it; what is the owner's follows. */
  private static void meta(JsonGenerator json, String name, String created) throws IOException {
    json.writeObjectFieldStart("metadata");
    json.writeStringField("name", name);
    json.writeStringField("creationTimestamp", created);
  }

  private static void subnet(JsonGenerator json, SubnetRecord subnet, Peer peer)
      throws IOException {
    json.writeStartObject();
    meta(json, subnet.name(), subnet.created());
    if (subnet.own().isPresent()) {
      OwnSubnet own = subnet.own().get();
      json.writeStringField("uid", own.uid());
      json.writeNumberField("generation", own.generation());
    }
    json.writeEndObject();
    json.writeObjectFieldStart("spec");
    json.writeStringField("podNetwork", subnet.podNetwork());
    json.writeStringField("nodeName", peer.node());
    json.writeStringField("cidr", peer.block().toString());
    json.writeArrayFieldStart("nodeIPs");
    for (Object address : peer.nodeIps()) {
      json.writeString(address.toString());
    }
    json.writeEndArray();
    json.writeStringField("vtepMAC", peer.vtepMac().toString());
    if (peer.mtu() != 0) {
      json.writeNumberField("mtu", peer.mtu());
    }
    json.writeEndObject();
    json.writeEndObject();
  }
}
