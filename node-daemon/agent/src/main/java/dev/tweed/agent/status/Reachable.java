package dev.tweed.agent.status;

import dev.tweed.agent.finding.NodeFinding;
import java.util.List;

/**
 * The condition Reachable of this node: whether packets of its pods reach other nodes.
 *
 * @param reason which tells its status too
 * @param message why, for people
 * @param findings what is wrong with the way to single peers, or all; blocking where that keeps
 *     pods of this node from working
 */
public record Reachable(Reason reason, String message, List<NodeFinding> findings) {

  /** Name of the condition. */
  public static final String TYPE = "Reachable";

  /** Copies the list. */
  public Reachable {
    findings = List.copyOf(findings);
  }

  /** Whether it holds. */
  public enum Status {
    True,
    False,
    Unknown
  }

  /** Why it does, does not, or is not known. */
  public enum Reason {
    /** At least one peer answers. */
    PeersAnswer(Status.True),
    /** There is no other node. */
    NoPeers(Status.True),
    /** No PodNetwork wants this node. */
    NothingToDo(Status.True),
    /** The PodNetwork says that nobody shall probe. */
    ProbesOff(Status.Unknown),
    /** There is no address to probe from; or the block has none, and nobody can judge FORWARD. */
    BlockTooSmall(Status.Unknown),
    /** The data path is not in place. */
    NotProgrammed(Status.Unknown),
    /** The first round of probes is not over. */
    Probing(Status.Unknown),
    /** None answers, and nothing shows that one lives: it may be they that are off. */
    NoLivingPeer(Status.Unknown),
    /** None answers, and of those that live none ever has: it may be they that cannot. */
    ProbeUnanswered(Status.Unknown),
    /** Peers answer this host by echo, and it drops what it should forward between pods. */
    ForwardDropped(Status.False),
    /** None answers, and one that has answered before lives. */
    NoPeerAnswers(Status.False);

    private final Status status;

    Reason(Status status) {
      this.status = status;
    }
  }

  /** Status of the condition. */
  public Status status() {
    return reason.status;
  }
}
