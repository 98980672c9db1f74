package dev.tweed.crds;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.crds",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  /**
   * Values and their schema: no client in action, no clock, no files, none of the other modules.
   */
  @ArchTest
  static final ArchRule theApiIsPure =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.crds",
              "dev.tweed.ip",
              "dev.tweed.policy", // what compiled policies mean: their readers and writers
              "com.fasterxml.jackson.annotation",
              "io.fabric8.generator.annotation",
              "io.fabric8.crd.generator.annotation",
              "io.fabric8.kubernetes.api.model", // metadata
              "io.fabric8.kubernetes.client", // CustomResource, the base class
              "io.fabric8.kubernetes.model.annotation",
              "java.lang..",
              "java.net", // InetAddress, as a parser of literals
              "java.util..");
}
