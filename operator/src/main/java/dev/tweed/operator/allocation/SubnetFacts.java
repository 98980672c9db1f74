package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.IpPrefix;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator keeps of a NodeSubnet.
 *
 * @param version its resourceVersion
 * @param generation of its spec
 * @param spec of one that is unread, what is known of it: network, node and CIDR are empty texts
 *     where they are not
 * @param goneSince the mark on a NodeSubnet whose node is not there
 * @param deleting whether it goes, and something that has to be done before keeps it
 * @param unread whether its spec has what this version does not know: nobody can say whose it is,
 *     or what it should be
 * @param block the CIDR of its spec, empty if that cannot be read
 */
public record SubnetFacts(
    String name,
    String uid,
    String version,
    long generation,
    Instant created,
    NodeSubnetSpec spec,
    Map<String, String> labels,
    Optional<Instant> goneSince,
    boolean deleting,
    boolean unread,
    Optional<IpPrefix> block) {
  /** Of two that contradict each other the first stays. */
  public static final Comparator<SubnetFacts> OLDEST_FIRST =
      Comparator.comparing(SubnetFacts::created).thenComparing(SubnetFacts::name);

  public SubnetFacts {
    labels = Map.copyOf(labels);
  }

  /** Of one whose CIDR has not been read. */
  public SubnetFacts(
      String name,
      String uid,
      String version,
      long generation,
      Instant created,
      NodeSubnetSpec spec,
      Map<String, String> labels,
      Optional<Instant> goneSince,
      boolean deleting,
      boolean unread) {
    this(
        name,
        uid,
        version,
        generation,
        created,
        spec,
        labels,
        goneSince,
        deleting,
        unread,
        Optional.ofNullable(spec).map(NodeSubnetSpec::cidr).flatMap(IpPrefix::tryParseNetwork));
  }

  /** The same with another mark. */
  public SubnetFacts withGoneSince(Optional<Instant> mark) {
    return new SubnetFacts(
        name, uid, version, generation, created, spec, labels, mark, deleting, unread, block);
  }
}
