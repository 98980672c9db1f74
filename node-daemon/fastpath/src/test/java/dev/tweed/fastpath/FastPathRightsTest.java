package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.FastPath.Opening;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A process with few capabilities, as the daemon's container has them. */
class FastPathRightsTest {
  private static final int LOOPBACK = 1;

  @NetnsTest
  void netAdminBpfAndPerfmonAreEnough(Netns netns) {
    assertThat(inProcess(netns, "net_admin,+bpf,+perfmon"))
        .contains("plan On")
        .contains("opened and attached");
  }

  @NetnsTest
  void withoutBpfItIsSaid(Netns netns) {
    assertThat(inProcess(netns, "net_admin"))
        .contains("plan RightsMissing")
        .contains("lacks the capabilities BPF, PERFMON")
        .contains("refused RightsMissing");
  }

  @NetnsTest
  void whatTheVerifierSaysReachesThePerson(Netns netns) {
    // Compiled programs compare pointers, which the kernel lets only CAP_PERFMON do.
    assertThat(inProcess(netns, "net_admin,+bpf"))
        .contains("plan RightsMissing")
        .contains("refused ProgramRefused")
        .containsPattern("(from_pod|to_peer|from_tunnel|from_wire|to_pod): ")
        .contains("processed ");
  }

  private static String inProcess(Netns netns, String capabilities) {
    Needs.program("/usr/bin/setpriv", "util-linux");
    return netns.exec(
        "setpriv",
        "--bounding-set=-all,+" + capabilities,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        Opener.class.getName());
  }

  /** Says what the planner makes of its capabilities, and what the kernel does. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] arguments) throws Exception {
      Set<Integer> capabilities =
          Capabilities.parse(Files.readString(Path.of("/proc/self/status")));
      FastPathPlan plan =
          FastPathPlanner.plan(FastPathPlannerPropertyTest.withCapabilities(capabilities));
      System.out.println(
          switch (plan) {
            case FastPathPlan.Off(FastPathOff.OfNode why) ->
                "plan " + why.reason() + ": " + why.message();
            case FastPathPlan.On on -> "plan On";
          });
      switch (FastPath.open(Duration.ofSeconds(10), SourcePorts.DEFAULT)) {
        case Opening.Opened(FastPath fastPath) -> {
          fastPath.apply(
              new FastPathPlan.On(
                  Optional.of(
                      new NodeView.Tunnel(LOOPBACK, "lo", new MacAddress(0), 1, 8472, 0, true)),
                  Optional.of(
                      new NodeView.Encapsulation(
                          LOOPBACK, (Ipv4Address) IpAddress.parse("192.0.2.1"))),
                  Optional.empty(),
                  Map.of(),
                  Map.of(),
                  Map.of(),
                  Map.of()));
          System.out.println("opened and attached");
        }
        case Opening.Refused(FastPathOff.OfNode why) ->
            System.out.println("refused " + why.reason() + ": " + why.message());
      }
    }
  }
}
