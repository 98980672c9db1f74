package dev.tweed.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;

@AnalyzeClasses(
    packages = "dev.tweed",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  /** Planning: values in, values out. */
  @ArchTest
  static final ArchRule thePlannerIsPure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.allocation")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.allocation",
              "dev.tweed.crds",
              "dev.tweed.ip",
              "java.lang..",
              "java.nio.charset",
              "java.security", // SHA-256
              "java.time",
              "java.util..");

  /** Judging and counting policies: the same. */
  @ArchTest
  static final ArchRule policiesArePure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.policy")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.policy",
              "dev.tweed.crds",
              "java.lang..",
              "java.time..",
              "java.util..");

  /** Compiling network policies: the same; objects of the API are values. */
  @ArchTest
  static final ArchRule compilingIsPure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.networkpolicy")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.networkpolicy",
              "dev.tweed.crds",
              "dev.tweed.ip",
              "dev.tweed.policy..",
              "io.fabric8.kubernetes.api.model..",
              "java.lang..",
              "java.time..",
              "java.util..");

  /** Joining what both ends of a pair say: the same. */
  @ArchTest
  static final ArchRule joinsArePure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.reach")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.reach",
              "dev.tweed.operator.policy",
              "java.lang..",
              "java.util..");

  /** Who is silent: the same. */
  @ArchTest
  static final ArchRule silenceIsPure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.silence")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.silence", "java.lang..", "java.time..", "java.util..");

  /** Statuses: functions of what was found. */
  @ArchTest
  static final ArchRule statusesArePure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.operator.status")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.operator.status",
              "dev.tweed.operator.allocation",
              "dev.tweed.operator.cluster", // records of outcomes
              "dev.tweed.operator.policy",
              "dev.tweed.operator.reach", // records of outcomes
              "dev.tweed.crds",
              "java.lang..",
              "java.time..",
              "java.util..");

  @ArchTest
  static final ArchRule timeIsInjected =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.operator..")
          .and()
          .resideOutsideOfPackage("dev.tweed.operator.app")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(Clock.class, "systemUTC")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime");

  /** Quarkus and the operator SDK are at the edge only. */
  @ArchTest
  static final ArchRule theCoreKnowsNoFramework =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.operator..")
          .and()
          .resideOutsideOfPackage("dev.tweed.operator.app")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.quarkus..", "io.javaoperatorsdk..", "jakarta..");

  /** Operator and daemon share the custom resources and nothing else. */
  @ArchTest
  static final ArchRule nothingOfTheDaemonIsUsed =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.operator..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.netlink..",
              "dev.tweed.dataplane..",
              "dev.tweed.firewall..",
              "dev.tweed.agent..");
}
