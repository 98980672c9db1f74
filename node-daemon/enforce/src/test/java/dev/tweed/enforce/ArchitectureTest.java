package dev.tweed.enforce;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.enforce",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule knowsNoApiAndNoOtherPartOfTheDaemon =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.enforce..",
              "dev.tweed.ip",
              "dev.tweed.netlink..",
              "dev.tweed.policy",
              "com.fasterxml.jackson.core..",
              "java..");

  @ArchTest
  static final ArchRule tablesArePure =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.enforce.table..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..",
              "java.nio.file..",
              "java.net..",
              "java.time..",
              "java.util.concurrent..",
              "dev.tweed.enforce.kernel..",
              "dev.tweed.enforce.gate..",
              "dev.tweed.netlink.socket..",
              "dev.tweed.netlink.codec..");
}
