package dev.tweed.agent.probe;

/**
 * Whether the tunnel device leaves checksums of packets to the network card ({@code
 * tx-checksum-ip-generic}), as it does unless told otherwise, and what comes of it.
 */
public enum TxChecksum {
  /** Not known: no peer has answered, there is no tunnel, or nobody asks. */
  NOT_MEASURED,
  /** It does, and a peer has answered a packet of which it did. */
  WORKS,
  /** It did, and peers answered packets without a checksum only: the daemon has switched it off. */
  DAMAGES,
  /** Somebody has switched it off. */
  OFF,
  /** Peers answer packets without a checksum only, and so they do without the offload. */
  DAMAGED_ANYWAY
}
