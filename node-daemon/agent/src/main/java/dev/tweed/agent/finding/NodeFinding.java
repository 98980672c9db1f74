package dev.tweed.agent.finding;

import dev.tweed.dataplane.Finding;

/**
 * Something wrong or notable on this node.
 *
 * @param reason CamelCase, the reason of the condition that reports it
 * @param blocking whether pods on this node cannot work, or not with this network, until it is
 *     mended
 * @param object what it is about
 * @param message what is wrong, in a sentence
 * @param remedy what to do or type; empty when nothing needs doing
 */
public record NodeFinding(
    String reason, boolean blocking, String object, String message, String remedy) {

  /** A finding of the agent's own. */
  public static NodeFinding of(AgentReason reason, String object, String message, String remedy) {
    return of(reason, reason.blocking(), object, message, remedy);
  }

  /** A finding of the agent's own, of a reason that keeps pods from working in some cases only. */
  public static NodeFinding of(
      AgentReason reason, boolean blocking, String object, String message, String remedy) {
    return new NodeFinding(reason.name(), blocking, object, message, remedy);
  }

  /** A finding of the data path. */
  public static NodeFinding of(Finding finding) {
    return new NodeFinding(
        finding.reason().name(),
        finding.isBlocking(),
        finding.object(),
        finding.message(),
        finding.remedy());
  }
}
