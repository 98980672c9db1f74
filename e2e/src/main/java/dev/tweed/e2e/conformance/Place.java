package dev.tweed.e2e.conformance;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a suite runs.
 *
 * @param programs what {@code ./dev} built
 * @param work reports and logs go here
 * @param kubeconfig of the cluster, with all rights
 * @param kubectl for this machine
 * @param commit of Tweed
 * @param choice of cases in the suite's own way (expression, or tags of cyclonus) instead of ours
 * @param nodes of the cluster
 * @param processes that run cases at once
 * @param sctp whether the kernel knows it
 * @param few whether few pods and ports have to do, where the suite can be told
 */
record Place(
    Path programs,
    Path work,
    Path kubeconfig,
    Path kubectl,
    String commit,
    Optional<String> choice,
    int nodes,
    int processes,
    boolean sctp,
    boolean few) {

  /** Those to ask by, as cyclonus calls them. */
  String protocols() {
    return few ? "TCP" : sctp ? "TCP,UDP,SCTP" : "TCP,UDP";
  }

  /** Where a suite writes its report in the form of JUnit. */
  Path junit(Suite suite) {
    return work.resolve(suite.word() + ".xml");
  }
}
