package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.dataplane.Seams.Fault;
import dev.tweed.netlink.Errno;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** A step that is refused for long stops no other, except those of a device that is not there. */
@Tag("kernel")
class RefusalPropertiesTest {

  private static final Pattern CREATION =
      Pattern.compile("LinkCreate\\w+\\[name=(?<name>[^,]+),.*");
  private static final Pattern NAMED =
      Pattern.compile("LinkSet\\[link=ByName\\[name=(?<name>[^\\]]+)\\].*");
  private static final Pattern INDEXED =
      Pattern.compile("LinkSet\\[link=ByIndex\\[index=(?<index>\\d+)\\].*");

  /** Of whom an address is, by the numbers of {@link Example}. */
  private static final Pattern NODE =
      Pattern.compile(
          "10\\.244\\.(\\d+)\\.|fd00:10:244:(\\d+):|192\\.0\\.2\\.(\\d+)|2001:db8::(\\d+)|02:00:00:00:00:0(\\d)");

  private static final List<String> STEPS = steps();

  @Provide
  Arbitrary<Integer> numbers() {
    return Arbitraries.integers().between(0, STEPS.size() - 1);
  }

  @Provide
  Arbitrary<Integer> errnos() {
    return Arbitraries.of(FaultPropertiesTest.ERRNOS);
  }

  @Property(tries = 12)
  void theOthersWorkInTheSameSync(@ForAll("numbers") int number, @ForAll("errnos") int errno) {
    KernelDump fresh = FaultExamples.fresh(FaultExamples.BASE);
    String refused = STEPS.get(number);
    try (FaultyNode node = new FaultyNode()) {
      node.seams.follow(
          step ->
              step.text().equals(refused)
                  ? Optional.of(new Fault.Refuse(errno))
                  : Optional.empty());

      SyncReport report = node.sync(FaultExamples.BASE);

      // By its name the device got no alias; by its index, in the next round, it did.
      assertThat(report.verified() || !report.findings().isEmpty()).as(refused).isTrue();
      Optional<String> device = device(node, refused);
      Set<String> nodes = nodes(refused);
      FaultyNode.within(
          () ->
              assertThat(node.dump().differenceOfOurs(fresh))
                  .as(refused)
                  .filteredOn(line -> line.startsWith("-"))
                  .allMatch(
                      line ->
                          device.filter(line::contains).isPresent()
                              || nodes.stream().anyMatch(nodes(line)::contains)
                              || line.startsWith("-sysctl ") && refused.startsWith("sysctl ")
                              || line.startsWith("-nft inet tweed ")
                                  && refused.contains("AddTable[table=inet tweed]")
                              || line.startsWith("-nft inet tweed-tunnel ")
                                  && refused.contains("AddTable[table=inet tweed-tunnel]")));
      node.assertConverges(FaultExamples.BASE);
    }
  }

  @net.jqwik.api.Example
  void whatIsTakenAwayAgainAtOnceIsTold() {
    String address =
        STEPS.stream().filter(step -> step.startsWith("AddressAdd")).findFirst().orElseThrow();
    try (FaultyNode node = new FaultyNode()) {
      // The kernel says that it is there already.
      node.seams.follow(
          step ->
              step.text().equals(address)
                  ? Optional.of(new Fault.Refuse(Errno.EEXIST))
                  : Optional.empty());

      SyncReport report = node.sync(FaultExamples.BASE);

      assertThat(report.verified()).isFalse();
      assertThat(report.findings())
          .extracting(Finding::reason, Finding::remedy)
          .containsExactly(tuple(Reason.ProgrammingFailed, "see what does: ip monitor all"));
    }
  }

  @net.jqwik.api.Example
  void aSysctlThatTheKernelKeepsInAnotherFormIsNoFaultOfTheDataPath() {
    try (FaultyNode node = new FaultyNode()) {
      SyncReport report =
          node.sync(
              FaultExamples.BASE.withSysctls(
                  Map.of("net.ipv4.ip_local_reserved_ports", "30000,30001")));

      assertThat(report.verified()).isTrue();
      assertThat(report.findings())
          .extracting(Finding::reason, Finding::remedy)
          .containsExactly(
              tuple(
                  Reason.SysctlRefused,
                  "put into spec.sysctls of the PodNetwork what the node shows: sysctl"
                      + " net/ipv4/ip_local_reserved_ports"));
    }
  }

  private static List<String> steps() {
    try (FaultyNode node = new FaultyNode()) {
      node.sync(FaultExamples.BASE);
      return node.seams.changes().stream().map(Seams.Step::text).distinct().toList();
    }
  }

  /** Device that is not there, not ours, not up or without its table when a step is refused. */
  private static Optional<String> device(FaultyNode node, String step) {
    for (Pattern pattern : List.of(CREATION, NAMED)) {
      Matcher matcher = pattern.matcher(step);
      if (matcher.matches()) {
        return Optional.of(matcher.group("name"));
      }
    }
    if (step.contains("7416")) {
      return Optional.of(ProbeAddress.DEVICE);
    }
    Matcher matcher = INDEXED.matcher(step);
    return matcher.matches()
        ? Optional.of(
            node.netns
                .sh("ip -o link | sed -n 's/^" + matcher.group("index") + ": \\([^:@]*\\).*/\\1/p'")
                .strip())
        : Optional.empty();
  }

  private static Set<String> nodes(String text) {
    Set<String> nodes = new TreeSet<>();
    Matcher matcher = NODE.matcher(text);
    while (matcher.find()) {
      for (int i = 1; i <= matcher.groupCount(); i++) {
        if (matcher.group(i) != null) {
          nodes.add(matcher.group(i));
        }
      }
    }
    return nodes;
  }
}
