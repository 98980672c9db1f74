package dev.tweed.operator.allocation;

/**
 * An address that two living nodes claim.
 *
 * @param node who does not get it
 * @param holder who has it, and keeps it
 */
public record AddressConflict(NodeFacts node, NodeFacts holder, String address) {

  /** Whether both say that they are the same machine. */
  public boolean clones() {
    return !node.machineId().isEmpty() && node.machineId().equals(holder.machineId());
  }

  /** Equal for the same two Nodes and the same address, whatever else of them changes. */
  public String key() {
    return node.uid() + " " + holder.uid() + " " + address;
  }

  /** The node and whose address it is, fit for a list. */
  String shown() {
    return node.name() + " (" + address + " is " + holder.name() + "'s" + cloned() + ")";
  }

  private String cloned() {
    return clones() ? ", and both are clones of one machine: machine ID " + node.machineId() : "";
  }

  /** For the node that does not get it. */
  public String toNode() {
    return "%s is the address of node %s, which had it before%s. %s"
        .formatted(address, holder.name(), cloned(), remedy());
  }

  /** For the node that keeps it. */
  public String toHolder() {
    return "node %s claims %s, the address of this node, which keeps it%s. %s"
        .formatted(node.name(), address, cloned(), remedy());
  }

  private String remedy() {
    return clones()
        ? "Give one of them an address, host name and machine ID of its own (rm /etc/machine-id && systemd-machine-id-setup) and restart its kubelet"
        : "Each node needs one of its own: the kubelet's --node-ip where it took a virtual IP that was on the NIC, or spec.nodeAddress of the PodNetwork";
  }
}
