package dev.tweed.operator.allocation;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec;
import java.util.Optional;

/**
 * A pool of blocks of equal size.
 *
 * @param cidr the range the blocks are taken from
 * @param nodePrefixLength prefix length of one block, at least that of the pool
 * @param nodeSelector nodes that may draw from it
 */
record Pool(Cidr cidr, int nodePrefixLength, LabelSelector nodeSelector) {
  /** Blocks beyond this number are not counted; no cluster has so many nodes. */
  static final long COUNTED = 1L << 62;

  /** Reads a pool of a spec; empty when the schema would have refused it. */
  static Optional<Pool> of(PodNetworkSpec.Pool spec) {
    return Cidr.parse(spec.cidr())
        .filter(c -> spec.nodePrefixLength() != null)
        .filter(c -> spec.nodePrefixLength() >= c.prefixLength())
        .filter(c -> spec.nodePrefixLength() <= c.family().bits())
        .map(c -> new Pool(c, spec.nodePrefixLength(), spec.nodeSelector()));
  }

  /** Number of blocks, at most {@link #COUNTED}. */
  long capacity() {
    int bits = nodePrefixLength - cidr.prefixLength();
    return bits >= 62 ? COUNTED : 1L << bits;
  }

  /** The block at a position from 0 to capacity - 1. */
  Cidr block(long index) {
    return new Cidr(cidr.first().plus(index, blockBits()), nodePrefixLength);
  }

  /** Position of the block that holds an address; beyond the pool it is the nearest position. */
  long index(Address address) {
    return Math.min(address.minus(cidr.first(), blockBits()), capacity() - 1);
  }

  private int blockBits() {
    return cidr.family().bits() - nodePrefixLength;
  }
}
