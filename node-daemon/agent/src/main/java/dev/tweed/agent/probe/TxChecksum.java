package dev.tweed.agent.probe;

/**
 * Whether a tunnel device leaves checksums of packets to the network card ({@code
 * tx-checksum-ip-generic}), as it does unless told otherwise, and what comes of it. In order of
 * what is told of several devices: the last of theirs.
 */
public enum TxChecksum {
  /** Not known: no peer has answered, there is no tunnel, or nobody asks. */
  NOT_MEASURED,
  /** It does, and a peer has answered a packet of which it did. */
  WORKS,
  /** Peers answer packets without a checksum only, and so they do without the offload. */
  DAMAGED_ANYWAY,
  /** Somebody has switched it off. */
  OFF,
  /**
   * Peers answer only what the card has no checksum to fill in for: the daemon is about to switch
   * it off, or has, to see whether that helps. Who comes after it ends that.
   */
  TRYING,
  /** The same, and the kernel refuses to switch it. */
  NOT_SWITCHED,
  /** It did, and peers answer without: the daemon has switched it off. */
  DAMAGES
}
