package dev.tweed.policy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.policy",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  /** Values and functions on them: no Kubernetes, no kernel, no clock, no files. */
  @ArchTest
  static final ArchRule policiesArePure =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.policy..",
              "dev.tweed.ip",
              "java.lang..",
              "java.nio.charset",
              "java.security", // MessageDigest, for names
              "java.util..");

  /** What policies mean does not depend on how they are read. */
  @ArchTest
  static final ArchRule theCompiledFormKnowsNoSource =
      classes()
          .that()
          .resideInAPackage("dev.tweed.policy")
          .should()
          .onlyDependOnClassesThat()
          .resideOutsideOfPackage("dev.tweed.policy.source");
}
