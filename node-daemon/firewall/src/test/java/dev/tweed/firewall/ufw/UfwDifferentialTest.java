package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Any rows, after whatever a person typed, are written byte for byte as real ufw writes them when
 * each is typed as a command.
 */
@Tag("kernel")
class UfwDifferentialTest {

  private static int compared;

  @AfterContainer
  static void thereWereRowsToCompare() {
    // Random groups hold about six rows each, and 196 of 40 were seen.
    assertThat(compared).isGreaterThan(40);
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void rowsAreWrittenAsUfwWritesTheSameCommands(
      @ForAll("groups") List<RuleGroup> groups, @ForAll("typed") Set<String> typed)
      throws IOException, InterruptedException {
    Path root = Files.createTempDirectory("ufw-differential");
    try {
      install(root);
      // The first command makes a file of ufw's of the package's, for both families.
      run(
          root,
          Stream.concat(Stream.of("allow 9/tcp"), typed.stream())
              .map(command -> List.of(command.split(" ")))
              .toList());
      List<List<String>> commands = new ArrayList<>();
      Map<AddressFamily, String> expected = new EnumMap<>(AddressFamily.class);
      for (AddressFamily family : AddressFamily.values()) {
        List<FilterRow> rows =
            RuleCompiler.compile(groups).rows().stream()
                .filter(row -> row.family() == family)
                .filter(row -> new UfwBackend(null).unsupported(row).isEmpty())
                .toList();
        UfwRulesFile.Replacement replacement =
            read(root, family).withOurs(rows.stream().map(UfwTuple::of).toList());
        expected.put(family, replacement.file().text());
        Set<UfwTuple> displaced =
            replacement.overlaps().stream()
                .map(UfwRulesFile.Overlap::ours)
                .collect(Collectors.toSet());
        rows.stream()
            .filter(row -> !displaced.contains(UfwTuple.of(row)))
            .map(UfwDifferentialTest::command)
            .forEach(commands::add);
      }

      run(root, commands);
      compared += commands.size();

      for (AddressFamily family : AddressFamily.values()) {
        assertThat(text(root, family)).isEqualTo(expected.get(family));
      }
    } finally {
      try (Stream<Path> files = Files.walk(root)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
      }
    }
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }

  @Provide
  Arbitrary<Set<String>> typed() throws IOException {
    return Arbitraries.of(
            Stream.concat(
                    UfwGoldenTest.resource("commands.txt").lines(),
                    Stream.of(
                        "allow Mine",
                        "limit Mine",
                        "deny from 10.0.0.0/8 to any app Mine",
                        "insert 1 deny 99/tcp",
                        "insert 1 allow Mine",
                        "route insert 1 reject proto vrrp from 192.0.2.9"))
                .toList())
        .set()
        .ofMaxSize(8)
        // ufw inserts no rules of an application that has some: "Invalid position '-1'".
        .filter(
            typed ->
                !typed.contains("insert 1 allow Mine")
                    || typed.stream()
                        .noneMatch(c -> c.endsWith(" Mine") && !c.startsWith("insert")));
  }

  /** What a person would type for a row. */
  private static List<String> command(FilterRow row) {
    List<String> words = new ArrayList<>();
    if (row.direction() == Direction.ROUTED) {
      words.add("route");
    }
    words.add(row.action().name().toLowerCase(Locale.ROOT));
    if (row.direction() != Direction.ROUTED) {
      words.add(row.direction().name().toLowerCase(Locale.ROOT));
    }
    row.interfaceIn()
        .ifPresent(
            device ->
                words.addAll(
                    row.direction() == Direction.IN
                        ? List.of("on", device)
                        : List.of("in", "on", device)));
    row.interfaceOut()
        .ifPresent(
            device ->
                words.addAll(
                    row.direction() == Direction.OUT
                        ? List.of("on", device)
                        : List.of("out", "on", device)));
    if (row.logging() != Logging.NONE) {
      words.add(row.logging() == Logging.NEW ? "log" : "log-all");
    }
    words.addAll(List.of("proto", row.protocol().text(), "from", row.source().toString()));
    words.addAll(ports(row.sourcePorts()));
    words.addAll(List.of("to", row.destination().toString()));
    words.addAll(ports(row.destinationPorts()));
    words.addAll(List.of("comment", UfwTuple.of(row).comment()));
    return words;
  }

  private static List<String> ports(List<PortRange> ports) {
    return ports.isEmpty()
        ? List.of()
        : List.of("port", ports.stream().map(PortRange::toString).collect(Collectors.joining(",")));
  }

  private static void install(Path root) throws IOException {
    Path rules = Path.of("/usr/share/ufw/iptables");
    if (!Files.isDirectory(rules)) {
      throw Needs.unmet("ufw: apt-get install ufw");
    }
    Files.createDirectories(root.resolve("etc/ufw/applications.d"));
    Files.writeString(
        root.resolve("etc/ufw/applications.d/mine"),
        "[Mine]\ntitle=Mine\ndescription=Mine\nports=22/tcp|53|80,8000:8100/udp\n");
    Files.createDirectories(root.resolve("etc/default"));
    Files.copy(Path.of("/etc/default/ufw"), root.resolve("etc/default/ufw"));
    Files.writeString(root.resolve("etc/ufw/ufw.conf"), "ENABLED=no\nLOGLEVEL=low\n");
    try (Stream<Path> files = Files.list(rules)) {
      for (Path file : files.toList()) {
        Files.copy(file, root.resolve("etc/ufw").resolve(file.getFileName()));
      }
    }
  }

  private static void run(Path root, List<List<String>> commands)
      throws IOException, InterruptedException {
    Path program = root.resolve("commands.py");
    Files.writeString(program, UfwGoldenTest.resource("commands.py"));
    Path said = root.resolve("said");
    Process process =
        new ProcessBuilder("/usr/bin/python3", "-W", "ignore", program.toString(), root.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try (OutputStream in = process.getOutputStream()) {
      for (List<String> command : commands) {
        String line =
            command.stream()
                .map(UfwDifferentialTest::json)
                .collect(Collectors.joining(",", "[", "]\n"));
        in.write(line.getBytes(StandardCharsets.US_ASCII));
      }
    }
    assertThat(process.waitFor()).as(() -> "ufw said " + said(said)).isZero();
  }

  private static String said(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String json(String word) {
    return word.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining("", "\"", "\""));
  }

  private static UfwRulesFile read(Path root, AddressFamily family) throws IOException {
    return UfwGoldenTest.parsed(text(root, family), family);
  }

  private static String text(Path root, AddressFamily family) throws IOException {
    return Files.readString(
        root.resolve("etc/ufw").resolve(UfwRulesFile.name(family)), StandardCharsets.ISO_8859_1);
  }
}
