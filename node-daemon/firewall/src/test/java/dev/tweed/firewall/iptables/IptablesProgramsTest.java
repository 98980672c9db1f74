package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of the host's programs are taken. */
@Tag("kernel")
class IptablesProgramsTest {

  private static final List<FilterRow> ROWS = SampleRows.lesson();

  @TempDir Path directory;
  @AutoClose private final IptablesNode node = IptablesNode.open(IptablesFlavour.LEGACY);

  @Test
  void withoutTheProgramsItIsToldWhatToInstall() throws Exception {
    IptablesBackend backend =
        new IptablesBackend(
            List.of("/usr/sbin/chroot", directory.toString()), IptablesFlavour.LEGACY);

    BackendOutcome.Refused refused = refused(node.apply(backend, ROWS));

    assertThat(refused.reason()).isEqualTo("NotFound");
    assertThat(refused.remedy()).contains("install iptables");
    assertThat(node.netns().call(() -> backend.check(ROWS))).isEqualTo(refused);
  }

  @Test
  void theProgramsOfTheHostAreFoundByChroot() {
    IptablesBackend backend =
        new IptablesBackend(List.of("/usr/sbin/chroot", "/"), IptablesFlavour.LEGACY);

    assertThat(node.apply(backend, ROWS)).isInstanceOf(BackendOutcome.Applied.class);
    assertThat(node.kernel()).contains("-A INPUT -j TWEED-INPUT");
  }

  @Test
  void aProgramThatIsJustCalledIptablesIsTakenIfItIsOfTheFlavour() throws IOException {
    IptablesBackend backend =
        IptablesNode.backend(
            new IptablesPrograms(
                List.of(onlyPlainNames()), IptablesFlavour.LEGACY, Duration.ofSeconds(1)));

    assertThat(node.apply(backend, ROWS)).isInstanceOf(BackendOutcome.Applied.class);
  }

  @Test
  void aProgramOfTheOtherFlavourIsNotTaken() throws IOException {
    IptablesBackend backend =
        IptablesNode.backend(
            new IptablesPrograms(
                List.of(onlyPlainNames()), IptablesFlavour.NFT, Duration.ofSeconds(1)));

    assertThat(refused(node.apply(backend, ROWS)).reason()).isEqualTo("NotFound");
  }

  @Test
  void whatTheLegacyFlavourNeedsInAPodIsTold() {
    IptablesBackend backend =
        new IptablesBackend(
            List.of("/usr/bin/setpriv", "--bounding-set=-net_raw"), IptablesFlavour.LEGACY);

    BackendOutcome.Refused refused = refused(node.apply(backend, ROWS));

    assertThat(refused.reason()).isEqualTo("NotPermitted");
    assertThat(refused.remedy()).contains("NET_RAW").contains("update-alternatives");
  }

  @Test
  void askingForRulesOfTheLegacyFlavourLoadsNoTable() throws Exception {
    IptablesBackend backend = new IptablesBackend(List.of(), IptablesFlavour.LEGACY);
    try (Netns fresh = Netns.open()) {
      String tables =
          "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null || true";

      BackendOutcome outcome = fresh.call(() -> backend.apply(List.of()));
      fresh.call(() -> backend.check(ROWS));

      assertThat(outcome).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
      assertThat(fresh.sh(tables)).isEmpty();
      fresh.call(() -> backend.apply(ROWS));
      assertThat(fresh.sh(tables)).contains("filter");
    }
  }

  /** Runs its arguments as on a host whose one iptables is legacy. */
  private String onlyPlainNames() throws IOException {
    Path script = directory.resolve("host");
    Files.writeString(
        script,
        """
        #!/bin/sh
        program=$1; shift
        case $program in
          *-nft*|*-legacy*) exit 127 ;;
          *-save|*-restore) exec "${program%-*}-legacy-${program##*-}" "$@" ;;
          *) exec "$program-legacy" "$@" ;;
        esac
        """);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script.toString();
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
