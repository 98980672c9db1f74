package dev.tweed.firewall;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Sha256;
import java.util.stream.Stream;

@AnalyzeClasses(
    packages = "dev.tweed.firewall",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {

  private static DescribedPredicate<JavaClass> isAddressOrDigest() {
    return DescribedPredicate.describe(
        "addresses, or arrays of them, or digests",
        type ->
            Stream.of(
                    IpAddress.class,
                    IpPrefix.class,
                    Ipv4Address.class,
                    Ipv6Address.class,
                    AddressFamily.class,
                    Sha256.class)
                .anyMatch(type.getBaseComponentType()::isEquivalentTo));
  }

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
          .haveSimpleNameEndingWith("Merging")
          .or()
          .haveSimpleNameEndingWith("Renderer")
          .or()
          .haveSimpleName("FoundTable")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "dev.tweed.firewall..",
                      "com.fasterxml.jackson..",
                      "java.io", // the stream a listing is parsed from
                      "java.lang..",
                      "java.math", // addresses as numbers
                      "java.net", // InetAddress, as a parser of literals
                      "java.nio", // bytes of a comment
                      "java.nio.charset",
                      "java.util..")
                  .or(isAddressOrDigest()));

  @ArchTest
  static final ArchRule ofNetlinkOnlyAddressesAndDigestsAreUsed =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.tweed.netlink..").and(not(isAddressOrDigest())));

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
