package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.all;
import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our rules in real ufw, held against what ufw itself says and does. */
@Tag("kernel")
class UfwWriterTest {

  /** Goes past everything that handles failures. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @TempDir Path root;
  private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    // As people do on a control-plane node.
    List.of(
            "allow 22/tcp",
            "allow 6443/tcp",
            "allow 2379:2380/tcp",
            "allow 10250/tcp",
            "allow out 53")
        .forEach(node::ufw);
  }

  @AfterEach
  void remove() {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void oneNetworkAndOnePolicyMakeTheTable() {
    String typed = node.ufw("show added");

    UfwOutcome outcome = node.apply(lesson());

    assertThat(outcome).isInstanceOf(UfwOutcome.Applied.class);
    assertThat(table())
        .contains(
            "8472/udp | ALLOW IN | Anywhere",
            "8472/udp | ALLOW OUT | Anywhere",
            "6443 | ALLOW IN | 10.244.0.0/16",
            "10.244.0.0/16 6443 | ALLOW OUT | Anywhere",
            "10.244.0.0/16 | ALLOW IN | 10.244.0.0/16",
            "10.244.0.0/16 | ALLOW OUT | Anywhere",
            "Anywhere on tweed.1 | ALLOW IN | Anywhere",
            "Anywhere | ALLOW OUT | Anywhere on tweed.1",
            "8472/udp (v6) | ALLOW IN | Anywhere (v6)",
            "8472/udp (v6) | ALLOW OUT | Anywhere (v6)",
            "Anywhere (v6) on tweed.1 | ALLOW IN | Anywhere (v6)",
            "Anywhere (v6) | ALLOW OUT | Anywhere (v6) on tweed.1",
            "Anywhere on tweed.1 | ALLOW FWD | Anywhere on tweed-br0",
            "Anywhere on tweed-br0 | ALLOW FWD | Anywhere on tweed.1",
            "Anywhere on tweed-br0 | ALLOW FWD | Anywhere on tweed-br0",
            "Anywhere on eth0 | ALLOW FWD | Anywhere on tweed-br0",
            "10.244.1.0/24 on tweed-br0 | ALLOW FWD | Anywhere",
            "10.244.0.0/16 on tweed.1 | ALLOW FWD | Anywhere");
    assertThat(node.ufw("show added").lines().toList()).containsAll(typed.lines().toList());
    assertThat(node.ufw("status verbose"))
        .contains("Status: active", "deny (incoming), deny (outgoing)");
  }

  @Test
  void anotherRunChangesNothing() throws IOException {
    node.apply(lesson());
    Object before = Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino");

    UfwOutcome outcome = node.apply(lesson());

    assertThat(applied(outcome).changed()).isFalse();
    assertThat(Files.getAttribute(node.file("etc/ufw/user.rules"), "unix:ino")).isEqualTo(before);
  }

  @Test
  void reloadDisableAndEnableFindWhatWasRunning() {
    node.apply(all());
    String running = node.kernel();

    node.ufw("reload");
    assertThat(node.kernel()).isEqualTo(running);

    node.ufw("disable");
    node.ufw("--force enable");
    assertThat(node.kernel().lines().sorted().toList())
        .isEqualTo(running.lines().sorted().toList());
  }

  @Test
  void ufwWritesOurRulesBackAsTheyAre() throws IOException {
    node.apply(all());
    List<String> ours = ours("user.rules");
    List<String> ours6 = ours("user6.rules");

    node.ufw("allow 12345/tcp");
    node.ufw("delete allow 12345/tcp");

    assertThat(ours("user.rules")).isEqualTo(ours).hasSizeGreaterThan(20);
    assertThat(ours("user6.rules")).isEqualTo(ours6);
    assertThat(applied(node.apply(all())).written()).isEmpty();
  }

  @Test
  void deletingByNumberDeletesThatRule() {
    node.apply(lesson());
    String row =
        node.ufw("status numbered")
            .lines()
            .filter(line -> line.contains("policy/control-plane/api-from-pods"))
            .findFirst()
            .orElseThrow();

    node.ufw("--force delete " + row.replaceAll("^\\[ *([0-9]+)].*", "$1"));

    assertThat(table()).doesNotContain("6443 | ALLOW IN | 10.244.0.0/16");
    assertThat(applied(node.apply(lesson())).written()).containsExactly(AddressFamily.IPV4);
    assertThat(table()).contains("6443 | ALLOW IN | 10.244.0.0/16");
  }

  @Test
  void removingOursLeavesEverythingAsItWas() throws IOException {
    String before = node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
    node.ufw("reload"); // fills what the first enable left empty
    String running = node.kernel();
    node.apply(all());
    assertThat(node.kernel()).isNotEqualTo(running);

    node.apply(List.of());

    assertThat(node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules"))
        .isEqualTo(before);
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(applied(node.apply(List.of())).changed()).isFalse();
  }

  @Test
  void aHostThatNeverHadRulesOfOursIsNotTouched() {
    UfwOutcome.Applied applied = applied(node.apply(List.of()));

    assertThat(applied.live()).isTrue();
    assertThat(applied.changed()).isFalse();
  }

  @Test
  void theIptablesOfTheHostIsFoundByChroot() {
    UfwOutcome outcome = node.apply(lesson(), new IptablesChains(List.of("/usr/sbin/chroot", "/")));

    assertThat(applied(outcome).restored()).hasSize(2);
    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void ownerAndModeOfTheFilesStay() throws IOException {
    node.apply(lesson());

    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(node.file("etc/ufw/user.rules"))))
        .isEqualTo("rw-r-----");
    try (var files = Files.list(node.file("etc/ufw"))) {
      assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("."));
    }
  }

  @Test
  void aCrashBetweenFilesAndChainsIsRepaired() {
    String before = node.kernel();
    UfwChains dying =
        new UfwChains() {
          @Override
          public Optional<List<String>> list(AddressFamily family) throws IOException {
            return new IptablesChains(List.of()).list(family);
          }

          @Override
          public void restore(AddressFamily family, String input) {
            throw new Crash();
          }
        };
    try {
      node.apply(lesson(), dying);
    } catch (Crash e) {
      // It would not be a crash if somebody cleaned up.
    }
    assertThat(node.kernel()).isEqualTo(before);

    UfwOutcome.Applied applied = applied(node.apply(lesson()));

    assertThat(applied.written()).isEmpty();
    assertThat(applied.restored()).hasSize(2);
    assertThat(node.kernel()).contains("tweed-br0");
  }

  @Test
  void chainsThatSomebodyFlushedAreFilledAgain() {
    node.apply(lesson());
    String running = node.kernel();
    node.netns().sh("iptables -F ufw-user-input; ip6tables -F ufw6-user-forward");

    UfwOutcome.Applied applied = applied(node.apply(lesson()));

    assertThat(applied.written()).isEmpty();
    assertThat(node.kernel()).isEqualTo(running);
  }

  @Test
  void rulesTheKernelRefusesLeaveTheOldOnes() throws IOException {
    node.apply(lesson());
    String files = node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
    String running = node.kernel();
    UfwChains refusing =
        new UfwChains() {
          private final UfwChains real = new IptablesChains(List.of());

          @Override
          public Optional<List<String>> list(AddressFamily family) throws IOException {
            return real.list(family);
          }

          @Override
          public void restore(AddressFamily family, String input) throws IOException {
            boolean bad = family == AddressFamily.IPV6 && input.contains("--dport 20");
            real.restore(family, bad ? input.replace("--dport 20", "--dport nonsense") : input);
          }
        };

    UfwOutcome outcome = node.apply(all(), refusing);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            UfwOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(UfwOutcome.Reason.CHAIN_ERROR));
    assertThat(node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules")).isEqualTo(files);
    assertThat(node.kernel()).isEqualTo(running);
  }

  @Test
  void whileUfwIsDisabledOnlyTheFilesChange() throws IOException {
    node.ufw("disable");

    UfwOutcome.Applied applied = applied(node.apply(lesson()));

    assertThat(applied.enabled()).isFalse();
    assertThat(applied.live()).isFalse();
    assertThat(applied.restored()).isEmpty();
    assertThat(node.text("etc/ufw/ufw.conf")).contains("ENABLED=no");
    node.ufw("--force enable");
    assertThat(table()).contains("8472/udp | ALLOW IN | Anywhere");
    assertThat(node.kernel()).contains("-A ufw-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void withoutIpv6InUfwItsFileIsLeftAlone() throws IOException {
    Path defaults = node.file("etc/default/ufw");
    Files.writeString(defaults, Files.readString(defaults).replace("IPV6=yes", "IPV6=no"));
    String before = node.text("etc/ufw/user6.rules");

    UfwOutcome.Applied applied = applied(node.apply(lesson()));

    assertThat(applied.ipv6()).isFalse();
    assertThat(node.text("etc/ufw/user6.rules")).isEqualTo(before);
  }

  @Test
  void theLockOfUfwIsRespected() throws Exception {
    Process holder =
        new ProcessBuilder(
                "python3",
                "-c",
                "import fcntl,sys\n"
                    + "f=open(sys.argv[1],'w')\n"
                    + "fcntl.lockf(f,fcntl.LOCK_EX)\n"
                    + "print('held',flush=True)\n"
                    + "sys.stdin.read()",
                node.file("run/ufw.lock").toString())
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("held");
      assertThat(node.apply(lesson()))
          .isInstanceOfSatisfying(
              UfwOutcome.Refused.class,
              refused -> assertThat(refused.reason()).isEqualTo(UfwOutcome.Reason.LOCKED));
    } finally {
      holder.destroyForcibly().waitFor();
    }
    assertThat(node.apply(lesson())).isInstanceOf(UfwOutcome.Applied.class);
  }

  @Test
  void aFileInDisorderIsLeftAlone() throws IOException {
    Path file = node.file("etc/ufw/user.rules");
    Files.writeString(file, "hello\n" + node.text("etc/ufw/user.rules"));
    String before = node.text("etc/ufw/user.rules");

    assertThat(node.apply(lesson()))
        .isInstanceOfSatisfying(
            UfwOutcome.Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(UfwOutcome.Reason.FILE_NOT_UNDERSTOOD);
              assertThat(refused.message()).contains("/etc/ufw/user.rules");
            });
    assertThat(node.text("etc/ufw/user.rules")).isEqualTo(before);
  }

  @Test
  void withoutUfwThereIsNothingToDo() throws IOException {
    Files.delete(node.file("etc/ufw/ufw.conf"));

    assertThat(node.apply(lesson()))
        .isInstanceOfSatisfying(
            UfwOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(UfwOutcome.Reason.NOT_FOUND));
  }

  /** Rows of ufw status verbose: to, action, from; without comments. */
  private List<String> table() {
    return node.ufw("status verbose")
        .lines()
        .map(line -> line.replaceAll(" +#.*", "").replaceAll(" \\((log|out|log-all|, )+\\)$", ""))
        .map(line -> line.strip().replaceAll(" {2,}", " | "))
        .map(line -> line.replaceAll(" (ALLOW (?:IN|OUT|FWD)) ", " | $1 | "))
        .map(line -> line.replaceAll("( \\|)+ ", " | "))
        .toList();
  }

  private List<String> ours(String file) throws IOException {
    return node.text("etc/ufw/" + file)
        .lines()
        .filter(line -> line.contains("comment=7477656564")) // tweed
        .toList();
  }

  private static UfwOutcome.Applied applied(UfwOutcome outcome) {
    assertThat(outcome).isInstanceOf(UfwOutcome.Applied.class);
    return (UfwOutcome.Applied) outcome;
  }
}
