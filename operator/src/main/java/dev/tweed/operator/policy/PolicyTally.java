package dev.tweed.operator.policy;

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
 * @param pending those that have not reported this generation yet
 * @param firstPending the first of them by name
 * @param failing those that reported that it is not in force
 * @param failures the first few of them by name
 * @param remarks what nodes where it is in force say besides, by reason
 */
public record PolicyTally(
    int selected,
    int applied,
    int pending,
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
    int selected = 0;
    int applied = 0;
    int pending = 0;
    int failing = 0;
    Optional<String> firstPending = Optional.empty();
    List<Failure> failures = new ArrayList<>();
    Map<String, Remark> remarks = new TreeMap<>();
    for (PolicyNode node : nodes) {
      if (!policy.spec().nodeSelector().matches(node.labels())) {
        continue;
      }
      selected++;
      Optional<PolicyVerdict> verdict =
          node.report()
              .flatMap(r -> r.verdict(policy.name()))
              .filter(v -> v.generation() == policy.generation());
      if (verdict.isEmpty()) {
        pending++;
        firstPending = firstPending.or(() -> Optional.of(node.name()));
      } else if (verdict.get().applied()) {
        applied++;
        verdict
            .filter(v -> !v.reason().isEmpty())
            .ifPresent(
                v ->
                    remarks.merge(
                        v.reason(),
                        new Remark(v.reason(), 1, node.name(), v.message()),
                        (first, other) -> first.oneMore()));
      } else {
        failing++;
        if (failures.size() < Limits.FAILURES) {
          failures.add(failure(node.name(), verdict.get()));
        }
      }
    }
    return new PolicyTally(
        selected, applied, pending, firstPending, failing, failures, List.copyOf(remarks.values()));
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
