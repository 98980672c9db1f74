package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.agent.cluster.SubnetRecord.OwnSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads NodeSubnets as hostile input: whatever the fields hold, the result is typed values or a
 * sentence. Pure.
 */
public final class SubnetParser {

  /** RFC 1123 subdomain, the form of Kubernetes object names. */
  private static final Pattern OBJECT_NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private static final int OBJECT_NAME_MAX = 253;

  /** At most one address per family. */
  static final int NODE_IPS_MAX = AddressFamily.values().length;

  private final String ownNode;
  private final SharedLabels labels = new SharedLabels();

  /**
   * @param ownNode name of this node; its own subnets keep more
   */
  public SubnetParser(String ownNode) {
    this.ownNode = ownNode;
  }

  /**
   * The compact record of a watched object.
   *
   * @param spec one with every field absent if the object has none
   * @param wrong name of a field of the spec that holds another sort of value than it should
   */
  public SubnetRecord parse(ObjectMeta meta, NodeSubnetSpec spec, Optional<String> wrong) {
    // Interned: all of a network's subnets share the one name.
    String podNetwork = text(spec.podNetwork()).intern();
    String node = text(spec.nodeName());
    return new SubnetRecord(
        meta.name(),
        meta.created(),
        podNetwork,
        node,
        wrong
            .<Block>map(f -> new Block.Invalid("spec." + f + " is not of the type it should be"))
            .orElseGet(() -> block(spec, podNetwork, node)),
        labels.of(meta.labels()),
        isOwn(node) ? Optional.of(new OwnSubnet(meta.uid(), meta.generation())) : Optional.empty());
  }

  /** Whether a NodeSubnet of this node's name is one of this node. */
  boolean isOwn(String node) {
    return node.equals(ownNode);
  }

  private static Block block(NodeSubnetSpec spec, String podNetwork, String node) {
    try {
      requireName("podNetwork", podNetwork);
      requireName("nodeName", node);
      if (spec.nodeIPs().isEmpty()) {
        return new Block.Unaddressed(cidr(spec.cidr()));
      }
      return new Block.Valid(
          new Peer(
              node,
              cidr(spec.cidr()),
              nodeIps(spec.nodeIPs()),
              vtepMac(spec.vtepMAC()),
              // As its node says; who uses it judges it.
              spec.mtu() == null ? 0 : spec.mtu()));
    } catch (InvalidField e) {
      return new Block.Invalid(e.getMessage());
    }
  }

  private static void requireName(String field, String name) throws InvalidField {
    if (name.length() > OBJECT_NAME_MAX || !OBJECT_NAME.matcher(name).matches()) {
      throw new InvalidField(field, name, "is not an object name");
    }
  }

  private static IpPrefix cidr(String value) throws InvalidField {
    String cidr = text(value);
    IpPrefix prefix =
        IpPrefix.tryParse(cidr)
            .orElseThrow(
                () -> new InvalidField("cidr", cidr, "is not a prefix like 10.244.1.0/24"));
    if (!prefix.isCanonical()) {
      throw new InvalidField("cidr", cidr, "has host bits set; the network is " + prefix.network());
    }
    if (prefix.length() == 0) {
      throw new InvalidField("cidr", cidr, "is every address there is");
    }
    if (!isUnicast(prefix.address())) {
      throw new InvalidField("cidr", cidr, "is not a range pods can have");
    }
    return prefix;
  }

  private static List<IpAddress> nodeIps(List<String> values) throws InvalidField {
    if (values.size() > NODE_IPS_MAX) {
      throw new InvalidField("nodeIPs", values.get(NODE_IPS_MAX), "is one too many");
    }
    List<IpAddress> addresses = new ArrayList<>(values.size());
    Set<AddressFamily> seen = EnumSet.noneOf(AddressFamily.class);
    for (String value : values) {
      String shown = text(value);
      IpAddress address =
          IpAddress.tryParse(shown)
              .orElseThrow(() -> new InvalidField("nodeIPs", shown, "is not an IP address"));
      // Link-local would need an interface with it; no other node could use it as it is.
      if (!isUnicast(address) || address.isLinkLocal()) {
        throw new InvalidField("nodeIPs", shown, "cannot be reached from other nodes");
      }
      if (!seen.add(address.family())) {
        throw new InvalidField("nodeIPs", shown, "is the second address of its family");
      }
      addresses.add(address);
    }
    return List.copyOf(addresses);
  }

  private static MacAddress vtepMac(String value) throws InvalidField {
    String text = text(value);
    MacAddress mac =
        MacAddress.tryParse(text)
            .orElseThrow(() -> new InvalidField("vtepMAC", text, "is not a MAC address"));
    if (mac.isMulticast() || !mac.isLocallyAdministered()) {
      throw new InvalidField("vtepMAC", text, "is not a locally administered unicast address");
    }
    return mac;
  }

  private static boolean isUnicast(IpAddress address) {
    return !address.isUnspecified() && !address.isMulticast() && !address.isLoopback();
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  /** Carries one sentence from where a field is read to {@link #block}. */
  private static final class InvalidField extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidField(String field, String value, String wrong) {
      super("spec." + field + " " + SanitizedText.of(value) + " " + wrong, null, false, false);
    }
  }
}
