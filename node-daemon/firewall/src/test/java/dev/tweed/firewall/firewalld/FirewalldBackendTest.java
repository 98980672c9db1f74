package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our rows in real firewalld, held against its files and what it lists. */
@Tag("kernel")
class FirewalldBackendTest {

  @TempDir Path root;
  @AutoClose private FirewalldNode node;

  @BeforeEach
  void start() throws IOException {
    node = FirewalldNode.start(root);
  }

  @Test
  void anotherRunChangesNothing() throws IOException {
    node.apply(Rows.network());
    Object before = Files.getAttribute(node.file("policies/tweed-in-1.xml"), "unix:ino");
    String running = node.kernel();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
    assertThat(Files.getAttribute(node.file("policies/tweed-in-1.xml"), "unix:ino"))
        .isEqualTo(before);
    assertThat(node.kernel()).isEqualTo(running);
  }

  @Test
  void aHostThatNeverHadRowsOfOursIsNotTouched() throws IOException {
    Map<String, String> files = node.files();

    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));

    assertThat(node.files()).isEqualTo(files);
  }

  @Test
  void everySortOfRowIsTakenAndWrittenAsFirewalldWritesIt() throws IOException {
    List<FilterRow> rows = Rows.everySort();
    String before = node.kernel();
    assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    assertThat(node.kernel()).isEqualTo(before);

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    Map<String, String> ours = node.ours();
    node.firewallCmd("--runtime-to-permanent");

    assertThat(rows).hasSizeGreaterThan(100);
    assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
    Map<String, String> theirs = node.ours();
    // firewalld 2 adds a burst of 0, which is none.
    theirs.replaceAll((name, text) -> text.replace(" burst=\"0\"", ""));
    assertThat(theirs).isEqualTo(ours);
  }

  @Test
  void whatAPersonMadeStaysAsItIs() throws IOException {
    node.type("--zone=drop --add-service=http");
    node.type("--zone=internal --add-source=198.51.100.0/24");
    node.type("--zone=internal --add-rich-rule='rule family=ipv4 source address=1.2.3.4 drop'");
    node.sh("firewall-cmd --permanent --new-policy=theirs; firewall-cmd --reload");
    Map<String, String> files = node.files();
    String zones = node.firewallCmd("--list-all-zones");
    String policies = node.firewallCmd("--list-all-policies");

    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    node.apply(Rows.network(Rows.deny(80)));

    assertThat(node.theirs()).isEqualTo(files);
    assertThat(listed(node.firewallCmd("--list-all-zones"))).isEqualTo(listed(zones));
    assertThat(listed(node.firewallCmd("--list-all-policies"))).isEqualTo(listed(policies));
  }

  @Test
  void removingOursLeavesEverythingAsItWas() throws IOException {
    Map<String, String> files = node.files();
    String zones = node.firewallCmd("--list-all-zones");
    String policies = node.firewallCmd("--list-all-policies");
    String running = node.kernel();
    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    // Makes firewalld keep a copy of our file.
    node.firewallCmd("--permanent --policy=tweed-in-1 --add-service=ssh");

    node.apply(List.of());

    assertThat(node.files()).isEqualTo(files);
    assertThat(node.firewallCmd("--list-all-zones")).isEqualTo(zones);
    assertThat(node.firewallCmd("--list-all-policies")).isEqualTo(policies);
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aFirewalldThatIsStoppedIsTold() {
    node.stopFirewalld();

    assertThat(refused(node.apply(Rows.network())).reason()).isEqualTo("NotRunning");
    assertThat(refused(node.check(Rows.network())).reason()).isEqualTo("NotRunning");
  }

  @Test
  void filesOfAFirewalldThatIsStoppedAreRemoved() throws IOException {
    node.apply(Rows.network());
    node.stopFirewalld();

    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.ours()).isEmpty();
  }

  @Test
  void aRowWithoutWordsIsRefusedBeforeAnythingIsChanged() throws IOException {
    BackendOutcome outcome =
        node.apply(Rows.network(Rows.allow(Direction.IN, 80).withAction(Action.LIMIT)));

    assertThat(refused(outcome).reason()).isEqualTo("NotSupportedHere");
    assertThat(node.ours()).isEmpty();
  }

  /** What is listed of zones or policies that are not ours, by name. */
  private static Map<String, List<String>> listed(String listing) {
    Map<String, List<String>> theirs = new TreeMap<>();
    List<String> lines = new ArrayList<>();
    for (String line : listing.lines().toList()) {
      if (!line.isBlank() && !line.startsWith(" ") && !line.startsWith("\t")) {
        lines = new ArrayList<>();
        theirs.put(line.replaceAll(" \\(.*", ""), lines);
      } else {
        lines.add(line.strip());
      }
    }
    theirs.keySet().removeIf(name -> name.startsWith("tweed"));
    return theirs;
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
