package dev.tweed.operator.allocation;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;

/**
 * A pool of blocks of equal size.
 *
 * @param cidr the range the blocks are taken from
 * @param nodePrefixLength prefix length of one block, at least that of the pool
 * @param nodeSelector nodes that may draw from it
 * @param excluded ranges that no block is given of
 * @param gives whether blocks are given of it at all
 */
record Pool(
    IpPrefix cidr,
    int nodePrefixLength,
    LabelSelector nodeSelector,
    List<IpPrefix> excluded,
    boolean gives) {
  /** At most 2^20 blocks, as the schema has it. */
  private static final int BITS = 20;

  /** Reads a pool of a spec; empty when the schema would have refused it. */
  static Optional<Pool> of(PodNetworkSpec.Pool spec) {
    return IpPrefix.tryParseNetwork(spec.cidr())
        .filter(c -> spec.nodePrefixLength() != null)
        .filter(c -> spec.nodePrefixLength() >= c.length())
        .filter(c -> spec.nodePrefixLength() - c.length() <= BITS)
        .filter(c -> spec.nodePrefixLength() <= c.family().bits())
        .map(
            c ->
                new Pool(
                    c,
                    spec.nodePrefixLength(),
                    spec.nodeSelector(),
                    spec.excludeCIDRs().stream()
                        .flatMap(text -> IpPrefix.tryParseNetwork(text).stream())
                        .toList(),
                    spec.givesBlocks()));
  }

  /** Whether the range is one of its blocks, and blocks are given of it. */
  boolean mayGive(IpPrefix block) {
    return gives && nodePrefixLength == block.length() && cidr.contains(block);
  }

  /** Whether nothing else uses an address of the range. */
  boolean leaves(IpPrefix block) {
    for (IpPrefix range : excluded) {
      if (range.overlaps(block)) {
        return false;
      }
    }
    return true;
  }

  /** Number of blocks. */
  long capacity() {
    return 1L << nodePrefixLength - cidr.length();
  }

  /** The block at a position from 0 to capacity - 1. */
  IpPrefix block(long index) {
    return cidr.subnet(index, nodePrefixLength);
  }

  /** Position of the block that holds an address; beyond the pool it is the nearest position. */
  long index(IpAddress address) {
    return Math.min(cidr.indexOf(address, nodePrefixLength), capacity() - 1);
  }
}
