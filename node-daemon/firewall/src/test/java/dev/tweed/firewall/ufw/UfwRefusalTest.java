package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of our rules when the host stands in the way. */
@Tag("kernel")
class UfwRefusalTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
  }

  @Test
  void withoutIpv6InUfwItsFileIsLeftAlone() throws IOException {
    Path defaults = node.file("etc/default/ufw");
    Files.writeString(defaults, Files.readString(defaults).replace("IPV6=yes", "IPV6=no"));
    String before = node.text("etc/ufw/user6.rules");

    UfwApplied applied = node.write(lesson());

    assertThat(applied.ipv6()).isFalse();
    assertThat(node.text("etc/ufw/user6.rules")).isEqualTo(before);
  }

  @Test
  void ourIpv6RulesAreTakenAwayEvenIfUfwCaresForItNoMore() throws IOException {
    node.apply(lesson());
    assertThat(node.text("etc/ufw/user6.rules")).contains("comment=7477656564");
    Path defaults = node.file("etc/default/ufw");
    Files.writeString(defaults, Files.readString(defaults).replace("IPV6=yes", "IPV6=no"));

    node.apply(List.of());

    assertThat(node.text("etc/ufw/user6.rules")).doesNotContain("comment=7477656564");
  }

  @Test
  void theLockOfUfwIsRespected() throws Exception {
    String before = everything();
    long begin = System.nanoTime();

    try (UfwNode.Holder holder = node.holdLock()) {
      assertThat(refused(node.apply(lesson())).reason()).isEqualTo("Locked");
    }

    // The node's patience is 300 ms; far less than this is none, and far more is not patience.
    assertThat((System.nanoTime() - begin) / 1_000_000).isBetween(300L, 10_000L);
    assertThat(everything()).isEqualTo(before);
    assertThat(node.apply(lesson())).isInstanceOf(BackendOutcome.Applied.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1i hello                          | line 1, 'hello', is not '*filter'",
        "s/^### tuple ### allow tcp 22 /### tuple ### perhaps tcp 22 / | is not a tuple",
        "s/^### END RULES ###$/nonsense/   | line ",
        "/^### RULES ###$/a hello there    | 'hello there', is not a rule",
        "$a trailing                       | 'trailing', comes last",
        "s/^COMMIT$/COMMIT\\nCOMMIT/     | 'COMMIT', is there more than once",
        "/^### RULES ###$/d                | there is no line '### RULES ###'"
      })
  void aFileInDisorderIsLeftAloneAndTheLineIsTold(String edit, String told) throws Exception {
    node.ufw("allow 22/tcp");
    node.netns().exec("sed", "-i", edit, node.file("etc/ufw/user.rules").toString());
    String before = everything();

    BackendOutcome.Refused refused = refused(node.apply(lesson()));

    assertThat(refused.reason()).isEqualTo("FileNotUnderstood");
    assertThat(refused.message()).contains("/etc/ufw/user.rules").contains(told);
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void aRuleIptablesDoesNotTakeIsToldByName() throws Exception {
    node.ufw("allow 22/tcp");
    node.netns()
        .exec(
            "sed",
            "-i",
            "s/^-A ufw-user-input -p tcp/-A ufw-user-input -p nonsense/",
            node.file("etc/ufw/user.rules").toString());
    String before = everything();

    BackendOutcome.Refused refused = refused(node.apply(lesson()));

    assertThat(refused.reason()).isEqualTo("ChainError");
    assertThat(refused.message()).contains("-A ufw-user-input -p nonsense --dport 22");
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void aReadOnlyEtcIsToldAndNothingChanges() throws Exception {
    String before = everything();
    node.privateMounts(
        "mount --bind %1$s %1$s; mount -o remount,bind,ro %1$s".formatted(node.file("etc")));

    BackendOutcome.Refused refused = refused(node.apply(lesson()));

    assertThat(refused.reason()).isEqualTo("FileError");
    assertThat(refused.message()).contains("Read-only file system");
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void aReadOnlyEtcIsNoObstacleWhereNothingHasToBeWritten() throws Exception {
    node.apply(lesson());
    node.netns().sh("iptables -F ufw-user-input"); // the chains are no files
    node.privateMounts(
        "mount --bind %1$s %1$s; mount -o remount,bind,ro %1$s".formatted(node.file("etc")));

    assertThat(node.write(lesson()).restored()).containsExactly(AddressFamily.IPV4);
  }

  @Test
  void aLinkIsNotFollowedAndNotReplaced() throws Exception {
    Path file = node.file("etc/ufw/user.rules");
    Path elsewhere = node.file("elsewhere.rules");
    Files.move(file, elsewhere);
    Files.createSymbolicLink(file, elsewhere);
    String before = everything();

    BackendOutcome.Refused refused = refused(node.apply(lesson()));

    assertThat(refused.reason()).isEqualTo("FileNotUnderstood");
    assertThat(refused.message()).isEqualTo("/etc/ufw/user.rules is a link, or no file at all");
    assertThat(file).isSymbolicLink();
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void anEmptyRuleFileIsLeftAlone() throws Exception {
    Files.writeString(node.file("etc/ufw/user.rules"), "");
    String before = everything();

    assertThat(refused(node.apply(lesson())).message())
        .isEqualTo("/etc/ufw/user.rules is not as ufw writes it: it is empty");
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void aNoteThatCannotBeWrittenIsNoReasonToRefuse() throws Exception {
    Files.writeString(node.file("run/tweed"), "in the way of the state directory");

    assertThat(node.write(lesson()).restored()).hasSize(2);
    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void aMissingEtcUfwIsNotMade() throws Exception {
    node.sh("rm -r /etc/ufw/* && umount /etc/ufw && rmdir %s".formatted(node.file("etc/ufw")));

    assertThat(refused(node.apply(lesson())).reason()).isEqualTo("NotFound");

    assertThat(node.file("etc/ufw")).doesNotExist();
    assertThat(node.kernel()).doesNotContain("tweed");
  }

  @Test
  void aMissingRuleFileIsNotMade() throws Exception {
    Files.delete(node.file("etc/ufw/user6.rules"));
    String before = node.kernel() + node.text("etc/ufw/user.rules");

    BackendOutcome.Refused refused = refused(node.apply(lesson()));

    assertThat(refused.message()).isEqualTo("/etc/ufw/user6.rules is missing");
    assertThat(node.file("etc/ufw/user6.rules")).doesNotExist();
    assertThat(node.kernel() + node.text("etc/ufw/user.rules")).isEqualTo(before);
    assertThat(node.write(List.of()).changed()).isFalse();
  }

  @Test
  void withoutPythonUfwIsOfNoUseAndWeAre() {
    node.privateMounts("mount -t tmpfs none /usr/lib/python3/dist-packages");
    assertThatThrownBy(() -> node.netns().exec("/usr/sbin/ufw", "status"))
        .hasMessageContaining("No module named 'ufw'");

    assertThat(node.write(lesson()).changed()).isTrue();

    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void withoutUfwThereIsNothingToDo() throws IOException {
    Files.delete(node.file("etc/ufw/ufw.conf"));

    assertThat(node.apply(lesson()))
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo("NotFound"));
  }

  private String everything() throws IOException {
    return node.kernel() + node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
