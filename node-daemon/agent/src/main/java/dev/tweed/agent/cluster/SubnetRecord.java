package dev.tweed.agent.cluster;

import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpPrefix;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of a NodeSubnet: 5,000 of them are in memory on every node. Its fields are parsed
 * once, when it arrives.
 *
 * @param name object name
 * @param created creation time, RFC 3339 in UTC with seconds: sorts as text
 * @param podNetwork name of the PodNetwork it belongs to
 * @param node the node that owns the block, as far as the object says
 * @param block its typed content, or why it cannot be used
 * @param labels the few of the node's labels that are mirrored onto it
 * @param own more about it if it belongs to this node
 */
public record SubnetRecord(
    String name,
    String created,
    String podNetwork,
    String node,
    Block block,
    Map<String, String> labels,
    Optional<OwnSubnet> own) {

  public SubnetRecord {
    labels = Map.copyOf(labels);
  }

  /** Oldest first, then by name: the order in which claims win. */
  public static final Comparator<SubnetRecord> BY_AGE =
      Comparator.comparing(SubnetRecord::created).thenComparing(SubnetRecord::name);

  /** The content of a NodeSubnet, or what is wrong with it. */
  public sealed interface Block {

    /** Every field is what it should be. */
    record Valid(Peer peer) implements Block {}

    /**
     * It has no node address, since another node has the one that its node claims; whose pods
     * nobody reaches.
     */
    record Unaddressed(IpPrefix cidr) implements Block {}

    /**
     * A field is not; the object is skipped.
     *
     * @param why names the field and what is wrong, fit to be shown
     */
    record Invalid(String why) implements Block {}
  }

  /**
   * What only the owner needs.
   *
   * @param uid tells a re-created object from the one it replaces
   * @param generation generation of the spec
   */
  public record OwnSubnet(String uid, long generation) {}
}
