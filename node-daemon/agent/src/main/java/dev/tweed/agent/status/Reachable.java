package dev.tweed.agent.status;

import dev.tweed.agent.finding.ConditionStatus;
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

  /** Why it does, does not, or is not known. */
  public enum Reason {
    /** At least one peer answers. */
    PeersAnswer(ConditionStatus.True),
    /** There is no other node. */
    NoPeers(ConditionStatus.True),
    /** No PodNetwork wants this node. */
    NothingToDo(ConditionStatus.True),
    /** The PodNetwork says that nobody shall probe. */
    ProbesOff(ConditionStatus.Unknown),
    /** There is no address to probe from; or the block has none, and nobody can judge FORWARD. */
    BlockTooSmall(ConditionStatus.Unknown),
    /** The data path is not in place. */
    NotProgrammed(ConditionStatus.Unknown),
    /** The first round of probes is not over. */
    Probing(ConditionStatus.Unknown),
    /** None answers, and nothing shows that one lives: it may be they that are off. */
    NoLivingPeer(ConditionStatus.Unknown),
    /** None answers, and of those that live none ever has: it may be they that cannot. */
    ProbeUnanswered(ConditionStatus.Unknown),
    /** Peers answer this host by echo, and it drops what it should forward between pods. */
    ForwardDropped(ConditionStatus.False),
    /** None answers, and one that has answered before lives. */
    NoPeerAnswers(ConditionStatus.False);

    private final ConditionStatus status;

    Reason(ConditionStatus status) {
      this.status = status;
    }
  }

  /** Status of the condition. */
  public ConditionStatus status() {
    return reason.status;
  }
}
