package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Maven runs classes by their names: a test that is called otherwise would never run. */
class TestNamesTest {
  private static final Pattern TEST =
      Pattern.compile("(?m)^\\s*@(Test|ParameterizedTest|Property|ArchTest)\\b");

  @Test
  void everyClassWithTestsHasANameThatIsRun() throws IOException {
    Path root = ChartTools.repository();
    try (Stream<Path> files = Files.walk(root)) {
      List<String> unrun =
          files
              .filter(file -> file.toString().contains("/src/test/java/"))
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.toString().matches(".*(Test|IT)\\.java"))
              .filter(TestNamesTest::hasTests)
              .map(file -> root.relativize(file).toString())
              .toList();

      assertThat(unrun).isEmpty();
    }
  }

  private static boolean hasTests(Path file) {
    try {
      return TEST.matcher(Files.readString(file)).find();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
