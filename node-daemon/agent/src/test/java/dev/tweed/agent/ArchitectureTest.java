package dev.tweed.agent;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom. */
@AnalyzeClasses(packages = "dev.tweed.agent", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String PURE =
      ".*\\.(SnapshotMapper|SubnetParser|NetworkParser|ClaimRules|EndpointRules|Mapping|ConflistRenderer"
          + "|PolicyMapper|NodeSpace|NodePolicies|PolicyPlanner|PolicyReading|PolicyFindingMapper|NodePolicyStatusMapper|PeerResolver|PacketEventPlanner|FirewallStatusMapper|NetworkStateMapper"
          + "|NodeViewMapper|FastPathStatusMapper|FastPathTarget"
          + "|PluginVersion|TraceTableRenderer|TraceReader|TracePlanner|TraceNetwork|LossDiagnosis|StatusMapper|StatusText|NodeStatus|ReachabilityPlanner|UnreachedPeerText|ReportPacer|SyncSchedule|Backoff"
          + "|ProbeRotation|ProbeBudget|ProbeScheduler|PeerProbe|LargeProbe|Reachability|UnreachedPeer)(\\$.*)?";

  @ArchTest
  static final ArchRule pureClassesHaveNoClientNoFilesNoProcessesAndNoThreads =
      noClasses()
          .that()
          .haveNameMatching(PURE)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "java.io..",
                  "java.net..",
                  "java.nio.channels..",
                  "java.util.concurrent..",
                  "org.slf4j..",
                  "dev.tweed.netlink.socket.."))
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.nio.file.Files")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.ProcessBuilder")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .because("decisions are tested without a machine");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.tweed.agent.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theKernelIsTheDataPathsBusiness =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("dev.tweed.agent.probe.UdpProbeTransport")
          .and()
          .doNotHaveFullyQualifiedName("dev.tweed.agent.firewall.LocalFirewallHost")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "jnr..",
                  "dev.tweed.netlink.socket..",
                  "dev.tweed.netlink.codec..",
                  "dev.tweed.dataplane.plan..",
                  "dev.tweed.dataplane.kernel.."));

  @ArchTest
  static final ArchRule noLibraryForTheApi =
      noClasses()
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.fabric8..", "java.net.http.."))
          .because("the daemon has a client of its own");

  @ArchTest
  static final ArchRule onlyTheClusterPackageKnowsTheClient =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.tweed.agent.status..",
              "dev.tweed.agent.cni..",
              "dev.tweed.agent.file..",
              "dev.tweed.agent.loop..",
              "dev.tweed.agent.finding..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.tweed.agent.api..")
          .because("the client shall be replaceable");
}
