package dev.tweed.agent.probe;

import java.util.List;
import java.util.Objects;

/**
 * What probing found of the peers. Equal states are equal: the only time in it is since when a peer
 * is unreached.
 *
 * @param proof what the figures rest on; 0 and none unless {@link Proof#PROBES}
 * @param probed blocks of other nodes that are probed and have answered or stayed silent by now
 * @param answered those of them that answer at present, large packets or not
 * @param unreached what does not get through, in order of node and block
 */
public record Reachability(Proof proof, int probed, int answered, List<UnreachedPeer> unreached) {

  /** How it is known. */
  public enum Proof {
    /** Packets that take the way of a pod's. */
    PROBES,
    /** Not at all: {@code spec.probes} is Disabled. */
    OFF,
    /** Not at all: no own block has room for the address that packets would come from. */
    TOO_SMALL,
    /** Not yet: no peer has answered or been asked often enough, or none can be asked. */
    NOT_YET
  }

  /** Copies the list. */
  public Reachability {
    Objects.requireNonNull(proof, "proof");
    unreached = List.copyOf(unreached);
  }

  /** Nothing is known. */
  public static Reachability without(Proof proof) {
    return new Reachability(proof, 0, 0, List.of());
  }
}
