package dev.tweed.firewall;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.firewall",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  @ArchTest
  static final ArchRule rulesAndPlannerArePure =
      classes()
          .that()
          .resideInAPackage("dev.tweed.firewall.ruleset")
          .or()
          .haveSimpleNameEndingWith("Planner")
          .or()
          .haveSimpleNameEndingWith("Renderer")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.firewall..",
              "com.fasterxml.jackson..",
              "java.io", // the stream a listing is parsed from
              "java.lang..",
              "java.net", // InetAddress, as a parser of literals
              "java.util..");

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
