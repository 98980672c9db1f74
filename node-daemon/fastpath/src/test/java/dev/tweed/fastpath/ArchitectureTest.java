package dev.tweed.fastpath;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.tweed.fastpath",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule dependsOnNetlinkAndTheJdkOnly =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.fastpath..", "dev.tweed.ip", "dev.tweed.netlink..", "jnr.ffi..", "java..");

  @ArchTest
  static final ArchRule onlyTheKernelPackageCallsLibraries =
      noClasses()
          .that()
          .resideInAPackage("dev.tweed.fastpath")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("jnr.ffi..", "dev.tweed.netlink.socket..");

  @ArchTest
  static final ArchRule plansArePure =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Planner")
          .or()
          .haveSimpleNameStartingWith("FastPathPlan")
          .or()
          .haveSimpleNameStartingWith("NodeView")
          .or()
          .haveSimpleNameEndingWith("Encoder")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.tweed.fastpath.kernel..", "java.io..", "java.net..", "java.nio.file..");
}
