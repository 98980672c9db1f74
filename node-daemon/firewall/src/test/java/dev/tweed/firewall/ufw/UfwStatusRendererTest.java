package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What ufw 0.36 shows for the commands in commands.txt, and the same from us. */
class UfwStatusRendererTest {

  @Test
  void everyRuleIsShownAsUfwShowsIt() throws IOException {
    List<String> ours =
        Stream.concat(
                rules("user.rules", AddressFamily.IPV4).stream(),
                rules("user6.rules", AddressFamily.IPV6).stream())
            .map(UfwStatusRenderer::text)
            .toList();

    assertThat(ours)
        .hasSizeGreaterThan(50)
        .containsExactlyInAnyOrderElementsOf(UfwGoldenTest.resource("status.txt").lines().toList());
  }

  /** The table of ufw status verbose with single blanks, without comments. */
  static List<String> rows(String status) {
    return status
        .lines()
        .dropWhile(line -> !line.strip().startsWith("--"))
        .skip(1)
        .map(line -> line.replaceAll("\\s+#.*", "").replaceAll(" +", " ").strip())
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private static List<UfwTuple> rules(String name, AddressFamily family) throws IOException {
    return UfwGoldenTest.parsed(UfwGoldenTest.resource(name), family).theirs();
  }
}
