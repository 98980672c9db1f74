package dev.tweed.operator.policy;

import dev.tweed.crds.DaemonNodes;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.crds.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far the present spec of a policy has come on the nodes it selects.
 *
 * @param selected nodes it selects
 * @param applied those of them where it is in force
 * @param pending those that have not reported this generation of this object yet
 * @param silent those of them whose daemons are silent
 * @param firstPending the first of them by name
 * @param failing those that reported that it is not in force
 * @param failures the first few of them by name
 * @param remarks what nodes where it is in force say besides, by reason
 */
public record PolicyTally(
    int selected,
    int applied,
    int pending,
    int silent,
    Optional<String> firstPending,
    int failing,
    List<Failure> failures,
    List<Remark> remarks) {

  /**
   * Something worth knowing, although the policy is in force.
   *
   * @param nodes how many say so
   * @param node the first of them by name
   * @param message in its words
   */
  public record Remark(String reason, int nodes, String node, String message) {
    private Remark oneMore() {
      return new Remark(reason, nodes + 1, node, message);
    }
  }

  public PolicyTally {
    failures = List.copyOf(failures);
    remarks = List.copyOf(remarks);
  }

  /**
   * Counts.
   *
   * @param nodes all nodes, by name
   */
  public static PolicyTally of(PolicyFacts policy, List<PolicyNode> nodes) {
    Counter counter = new Counter();
    for (PolicyNode node : nodes) {
      if (policy.spec().nodeSelector().matches(node.labels())
          && DaemonNodes.canRunOn(node.labels())) {
        counter.count(policy, node);
      }
    }
    return new PolicyTally(
        counter.selected,
        counter.applied,
        counter.pending,
        counter.silent,
        counter.firstPending,
        counter.failing,
        counter.failures,
        List.copyOf(counter.remarks.values()));
  }

  // A million pairs of policy and node once a second: nothing is made for those that are well.
  private static final class Counter {
    private int selected;
    private int applied;
    private int pending;
    private int silent;
    private int failing;
    private Optional<String> firstPending = Optional.empty();
    private final List<Failure> failures = new ArrayList<>();
    private final Map<String, Remark> remarks = new TreeMap<>();

    void count(PolicyFacts policy, PolicyNode node) {
      selected++;
      int index = node.report().isPresent() ? node.report().get().indexOf(policy.name()) : -1;
      if (index < 0) {
        if (node.report().isPresent() && node.report().get().isFull()) {
          failing(untold(node.name()));
        } else {
          pending(node);
        }
        return;
      }
      PolicyVerdict verdict = node.report().get().verdicts().get(index);
      if (verdict.generation() != policy.generation() || !verdict.uid().equals(policy.uid())) {
        pending(node);
      } else if (verdict.applied()) {
        applied(node, verdict);
      } else {
        failing(failure(node.name(), verdict));
      }
    }

    private void failing(Failure failure) {
      failing++;
      if (failures.size() < Limits.FAILURES) {
        failures.add(failure);
      }
    }

    private void pending(PolicyNode node) {
      pending++;
      silent += node.report().isPresent() && node.report().get().isSilent() ? 1 : 0;
      if (firstPending.isEmpty()) {
        firstPending = Optional.of(node.name());
      }
    }

    private void applied(PolicyNode node, PolicyVerdict verdict) {
      applied++;
      if (!verdict.reason().isEmpty()) {
        remarks.merge(
            verdict.reason(),
            new Remark(verdict.reason(), 1, node.name(), verdict.message()),
            (first, other) -> first.oneMore());
      }
    }
  }

  private static Failure untold(String node) {
    return new Failure(
        node,
        "TooManyPolicies",
        "more than %d FirewallPolicies select it, and its NodeReport has no room for this one. Those not in force come first there, so most likely it is in force; 'tweed-node firewall status' on the node tells. Put the rules of several policies into one"
            .formatted(Limits.POLICIES));
  }

  private static Failure failure(String node, PolicyVerdict verdict) {
    return new Failure(
        node,
        verdict.reason().isEmpty() ? "NotApplied" : verdict.reason(),
        verdict.message().isEmpty()
            ? "kubectl get nodereport " + node + " -o yaml says more"
            : verdict.message());
  }
}
