package dev.tweed.firewall;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.tweed.netlink.Sha256;

@AnalyzeClasses(
    packages = "dev.tweed.firewall",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  @ArchTest
  static final ArchRule rulesAndPlannerArePure =
      classes()
          .that()
          .resideInAnyPackage("dev.tweed.firewall.ruleset", "dev.tweed.firewall.rules")
          .or()
          .haveSimpleNameStartingWith("UfwRule")
          .or()
          .haveSimpleName("UfwTuple")
          .or()
          .haveSimpleNameEndingWith("Planner")
          .or()
          .haveSimpleNameEndingWith("Compiler")
          .or()
          .haveSimpleNameEndingWith("Renderer")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "dev.tweed.firewall..",
                      "dev.tweed.ip",
                      "dev.tweed.netlink.nft",
                      "com.fasterxml.jackson..",
                      "java.io", // the stream a listing is parsed from
                      "java.lang..",
                      "java.math", // addresses as numbers
                      "java.nio", // bytes of a comment
                      "java.nio.charset",
                      "java.util..")
                  .or(equivalentTo(Sha256.class)));

  @ArchTest
  static final ArchRule onlyTheMonitorOpensNetlink =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(RulesetMonitor.class.getName())
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("dev.tweed.netlink.socket", "dev.tweed.netlink.codec"));

  @ArchTest
  static final ArchRule rulesKnowNothingOfTheirReader =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.firewall.ruleset")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.tweed.firewall");

  @ArchTest
  static final ArchRule nothingKnowsTheOtherModulesOrLogs =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.crds..",
              "dev.tweed.dataplane..",
              "dev.tweed.agent..",
              "io.fabric8..",
              "org.slf4j..",
              "java.util.logging..");
}
