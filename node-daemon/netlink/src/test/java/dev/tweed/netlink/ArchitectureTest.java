package dev.tweed.netlink;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.netlink",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  @ArchTest
  static final ArchRule valuesAndCodecsArePure =
      classes()
          .that()
          .resideInAnyPackage(
              "dev.tweed.netlink", "dev.tweed.netlink.codec", "dev.tweed.netlink.nft")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.ip",
              "dev.tweed.netlink",
              "dev.tweed.netlink.codec",
              "dev.tweed.netlink.nft",
              "java.lang",
              "java.lang.invoke",
              "java.lang.runtime",
              "java.nio",
              "java.nio.charset",
              "java.security",
              "java.util",
              "java.util.function",
              "java.util.stream");

  @ArchTest
  static final ArchRule valuesDoNotKnowTheirEncoding =
      noClasses()
          .that()
          .resideInAnyPackage("dev.tweed.netlink", "dev.tweed.netlink.nft")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.tweed.netlink.codec", "dev.tweed.netlink.socket");

  @ArchTest
  static final ArchRule noPackageCycles =
      slices().matching("dev.tweed.netlink.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule nothingKnowsKubernetesOrLogs =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8..",
              "dev.tweed.crds..",
              "dev.tweed.dataplane..",
              "dev.tweed.agent..",
              "org.slf4j..",
              "java.util.logging..");

  @ArchTest
  static final ArchRule onlySocketsCallNativeCode =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.tweed.netlink.socket")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jnr..");
}
