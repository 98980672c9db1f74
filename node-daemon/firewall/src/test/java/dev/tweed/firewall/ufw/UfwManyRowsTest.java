package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Far more rows than anybody types. */
@Tag("kernel")
class UfwManyRowsTest {

  private static final int COUNT = 10_000;

  @TempDir Path root;

  @Test
  void tenThousandRowsAreHadAndUfwAgrees() throws IOException {
    List<FilterRow> rows = SampleRows.many(COUNT);
    try (UfwNode node = UfwNode.denying(root)) {
      node.ufw("allow 22/tcp");

      assertThat(node.write(rows).changed()).isTrue();

      assertThat(node.write(rows).changed()).isFalse();
      assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
      List<String> numbered = node.ufw("status numbered").lines().toList();
      for (int i : List.of(0, 1, 249, 250, 5_000, COUNT - 1)) {
        String number = "[%2d] ".formatted(i + 2); // after the one for SSH
        assertThat(numbered)
            .filteredOn(line -> line.startsWith(number))
            .singleElement()
            .satisfies(
                line ->
                    assertThat(line.replaceAll(" +", " "))
                        .contains(
                            "80/tcp ALLOW IN 10.%d.%d.1 # tweed:policy/many/r%d"
                                .formatted(i / 250, i % 250, i)));
      }
    }
  }
}
