package dev.tweed.agent.probe;

import dev.tweed.ip.IpPrefix;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What probing found of the peers. Equal states are equal: the only time in it is since when a peer
 * is unreached.
 *
 * @param proof what the figures rest on; 0 and none unless {@link #isKnown}
 * @param probed blocks of other nodes that are probed and have answered or stayed silent by now
 * @param answered those of them that answer at present, large packets or not
 * @param byEcho those of the probed that have no address behind their bridge, or are asked from
 *     none: that they answer proves the tunnel and the hosts, and not what is forwarded
 * @param unreached what does not get through, in order of node and block
 * @param everAnswered blocks that are probed and have answered since it is known that they belong
 *     to this node, which is the value; for the next process on this host, and in no report
 * @param txChecksum what comes of leaving checksums to the network card
 * @param tunnel the device that is said of; empty where it is not known
 * @param notSwitched why that could not be switched, of {@link TxChecksum#NOT_SWITCHED}; else empty
 */
public record Reachability(
    Proof proof,
    int probed,
    int answered,
    int byEcho,
    List<UnreachedPeer> unreached,
    Map<IpPrefix, String> everAnswered,
    TxChecksum txChecksum,
    String tunnel,
    String notSwitched) {

  /** How it is known. */
  public enum Proof {
    /** Packets that take the way of a pod's, on this host at least. */
    PROBES,
    /** Packets of this host itself: no own block of some family has room for a probe address. */
    ECHO,
    /** Not at all: {@code spec.probes} is Disabled. */
    OFF,
    /** Not at all: there is no address that packets could come from. */
    TOO_SMALL,
    /** Not yet: no peer has answered or been asked often enough, or none can be asked. */
    NOT_YET
  }

  /** Copies the list and the map, and brings that in order. */
  public Reachability {
    Objects.requireNonNull(proof, "proof");
    Objects.requireNonNull(txChecksum, "txChecksum");
    Objects.requireNonNull(tunnel, "tunnel");
    Objects.requireNonNull(notSwitched, "notSwitched");
    unreached = List.copyOf(unreached);
    everAnswered = Collections.unmodifiableSortedMap(new TreeMap<>(everAnswered));
  }

  /** With checksums not measured. */
  public Reachability(
      Proof proof,
      int probed,
      int answered,
      int byEcho,
      List<UnreachedPeer> unreached,
      Map<IpPrefix, String> everAnswered) {
    this(proof, probed, answered, byEcho, unreached, everAnswered, TxChecksum.NOT_MEASURED);
  }

  /** As an earlier process has left it. */
  public Reachability(
      Proof proof,
      int probed,
      int answered,
      int byEcho,
      List<UnreachedPeer> unreached,
      Map<IpPrefix, String> everAnswered,
      TxChecksum txChecksum) {
    this(proof, probed, answered, byEcho, unreached, everAnswered, txChecksum, "", "");
  }

  /** The same, with what comes of leaving checksums to the network card. */
  public Reachability with(TxChecksum checksum, String device, String failure) {
    return new Reachability(
        proof, probed, answered, byEcho, unreached, everAnswered, checksum, device, failure);
  }

  /** With none by echo. */
  public Reachability(
      Proof proof,
      int probed,
      int answered,
      List<UnreachedPeer> unreached,
      Map<IpPrefix, String> everAnswered) {
    this(proof, probed, answered, 0, unreached, everAnswered);
  }

  /** With none by echo, and nothing for the next process. */
  public Reachability(Proof proof, int probed, int answered, List<UnreachedPeer> unreached) {
    this(proof, probed, answered, 0, unreached, Map.of());
  }

  /** Nothing is known. */
  public static Reachability without(Proof proof) {
    return new Reachability(proof, 0, 0, List.of());
  }

  /** Whether peers were asked. */
  public boolean isKnown() {
    return proof == Proof.PROBES || proof == Proof.ECHO;
  }
}
