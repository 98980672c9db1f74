package dev.tweed.agent.command;

import dev.tweed.agent.cluster.ClusterReader;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.daemon.DaemonOptions;
import dev.tweed.agent.policy.LetInFile;
import dev.tweed.agent.policy.PolicyReading;
import dev.tweed.agent.policy.UnrecordedPods;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.kernel.PolicyKernel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Mixin;

/** What commands about network policies read. */
final class PolicyInput {

  @Mixin NodeOptions node;
  @Mixin ApiOptions api;

  /**
   * What was read.
   *
   * @param table whether the table is in the kernel
   * @param drops packets dropped, by the name of the chain
   */
  record Read(
      PolicyView policies,
      PolicyReading reading,
      List<LocalPod> local,
      boolean table,
      Map<String, Long> drops) {}

  /** Reads it. */
  Read read() {
    LogSetup.install(LogSetup.LogLevel.error);
    ClusterView cluster =
        ClusterReader.read(
                api.access(), System.getenv(), TweedNode.Version.current(), api.nodeName())
            .view();
    PolicyView policies =
        ClusterReader.readPolicies(
            api.access(), System.getenv(), TweedNode.Version.current(), api.nodeName());
    try (PolicyKernel kernel = new PolicyKernel(node.sysctlDir)) {
      boolean table = kernel.isThere();
      LeaseReader leases = new LeaseReader(DaemonOptions.cniDataDir(node.runDir));
      CniResults results = new CniResultReader(node.cniResultsDir).read();
      List<LocalPod> local = LocalPod.of(results.results(), kernel.links(), leases::holder);
      return new Read(
          policies,
          PolicyReading.of(
              cluster,
              policies,
              local,
              new LetInFile(node.runDir).read().orElse(Set.of()),
              new UnrecordedPods(Duration.ZERO)
                  .find(
                      policies.node().map(NodePolicyRecord::pods).orElse(List.of()),
                      results,
                      leases::holder,
                      0),
              api.nodeName()),
          local,
          table,
          table ? kernel.drops() : Map.of());
    }
  }
}
