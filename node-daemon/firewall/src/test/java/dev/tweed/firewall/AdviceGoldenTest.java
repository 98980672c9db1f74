package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rulesets as real programs made them (ufw 0.36 on Debian 12 and 13, firewalld 1.3, Docker's and
 * kube-proxy's rules through iptables-nft 1.8.9) and what is said about them: {@code
 * rulesets/<case>/ruleset.json} is {@code nft -j -t list ruleset}, {@code advice.txt} beside it
 * what comes out. With {@code -Dtweed.golden.write=true} the latter is written instead.
 */
class AdviceGoldenTest {

  private static final Path RULESETS = Path.of("src/test/resources/rulesets");

  static final NetworkNeeds NEEDS =
      new NetworkNeeds(
          Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
          "tweed-br0",
          Optional.of("eth0"),
          List.of("eth0"),
          List.of(IpAddress.parse("192.0.2.1")),
          List.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:10:244::/48")));

  static List<Path> cases() throws IOException {
    try (Stream<Path> directories = Files.list(RULESETS)) {
      return directories.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void saysWhatIsInTheWayAndWhatToType(Path directory, @TempDir Path nothing) throws IOException {
    String ruleset = Files.readString(directory.resolve("ruleset.json"));

    HostFirewall firewall =
        new HostFirewallReader(nothing, nothing, new FixedListing(ruleset)).read();
    String text = text(firewall, FirewallAdvicePlanner.plan(firewall, NEEDS));

    Path golden = directory.resolve("advice.txt");
    if (Boolean.getBoolean("tweed.golden.write")) {
      Files.writeString(golden, text);
    }
    assertThat(text).isEqualTo(Files.readString(golden));
  }

  private static String text(HostFirewall firewall, List<FirewallBlockage> blockages) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s %s: %s\n"
            .formatted(firewall.manager().text(), firewall.state().text(), firewall.reason()));
    for (FirewallBlockage blockage : blockages) {
      text.append(blockage.amongPods() ? "\n" : "\n(outside only) ")
          .append(blockage.message())
          .append("\n");
      blockage.commands().forEach(command -> text.append("  ").append(command).append("\n"));
    }
    return text.toString();
  }
}
