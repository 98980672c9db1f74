package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files ufw 0.36 writes for the commands in commands.txt, and the same from us. */
class UfwGoldenTest {

  private static final Map<AddressFamily, String> FILES =
      Map.of(AddressFamily.IPV4, "user.rules", AddressFamily.IPV6, "user6.rules");

  @ParameterizedTest
  @EnumSource(AddressFamily.class)
  void everyRuleIsWrittenAsUfwWritesIt(AddressFamily family) throws IOException {
    String golden = resource(FILES.get(family));
    UfwRulesFile file = read(golden, family);

    StringBuilder ours = new StringBuilder();
    for (UfwTuple tuple : file.theirs()) {
      ours.append('\n').append(tuple.line()).append('\n');
      UfwRuleRenderer.lines(tuple, family).forEach(line -> ours.append(line).append('\n'));
    }

    assertThat(file.theirs()).hasSizeGreaterThan(20);
    assertThat(ours.toString())
        .isEqualTo(
            golden.substring(
                golden.indexOf("### RULES ###\n") + "### RULES ###\n".length(),
                golden.indexOf("\n### END RULES ###")));
  }

  @ParameterizedTest
  @EnumSource(AddressFamily.class)
  void aFileThatIsReadAndWrittenIsTheSame(AddressFamily family) throws IOException {
    String golden = resource(FILES.get(family));

    assertThat(read(golden, family).text()).isEqualTo(golden);
    assertThat(read(golden, family).withOurs(List.of()).file().text()).isEqualTo(golden);
  }

  @Test
  @Tag("kernel")
  void theGoldenFilesAreThoseOfRealUfw(@TempDir Path root) throws IOException {
    try (UfwNode node = UfwNode.denying(root)) {
      resource("commands.txt").lines().forEach(node::ufw);

      for (String file : FILES.values()) {
        assertThat(node.text("etc/ufw/" + file)).isEqualTo(resource(file));
      }
      assertThat(UfwStatusRendererTest.rows(node.ufw("status verbose")))
          .isEqualTo(resource("status.txt").lines().toList());
    }
  }

  private static UfwRulesFile read(String text, AddressFamily family) {
    return parsed(text, family);
  }

  static String resource(String name) throws IOException {
    try (InputStream in = UfwGoldenTest.class.getResourceAsStream("/ufw/" + name)) {
      return new String(
          in.readAllBytes(),
          name.endsWith("txt") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }
  }

  static UfwRulesFile parsed(String text, AddressFamily family) {
    try {
      return UfwRulesFile.parse(text, family);
    } catch (RefusalException e) {
      throw new AssertionError(e);
    }
  }
}
