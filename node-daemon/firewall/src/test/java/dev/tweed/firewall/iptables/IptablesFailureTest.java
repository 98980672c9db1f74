package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of rows when the host stands in the way. */
@Tag("kernel")
class IptablesFailureTest {

  private static final List<FilterRow> ROWS = SampleRows.lesson();

  @TempDir Path directory;
  @AutoClose private IptablesNode node;

  /** The real table, and what a test makes of it. */
  private class Faulty implements IptablesTable {
    private final IptablesTable real = node.table();

    @Override
    public String list(AddressFamily family) throws IOException {
      return real.list(family);
    }

    @Override
    public void restore(AddressFamily family, String input) throws IOException {
      real.restore(family, input);
    }
  }

  @BeforeEach
  void open() {
    node = IptablesNode.open(IptablesFlavour.LEGACY);
    node.sh("iptables -A INPUT -s 192.0.2.1 -j DROP");
  }

  @Test
  void aLockThatSomebodyHoldsIsRespected() throws Exception {
    String before = node.kernel();
    Path lock = directory.resolve("xtables.lock");
    Process holder =
        new ProcessBuilder("flock", lock.toString(), "sh", "-c", "echo held; read x").start();
    IptablesBackend backend =
        IptablesNode.backend(
            new IptablesPrograms(
                List.of("/usr/bin/env", "XTABLES_LOCKFILE=" + lock),
                IptablesFlavour.LEGACY,
                Duration.ofSeconds(1)));
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("held");

      assertThat(refused(node.apply(backend, ROWS)).reason()).isEqualTo("Locked");

      assertThat(node.kernel()).isEqualTo(before);
    } finally {
      holder.destroyForcibly().waitFor();
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
    }
    assertThat(node.apply(ROWS)).isInstanceOf(BackendOutcome.Applied.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "can't initialize ip6tables table `filter': Table does not exist (do you need to insmod?)",
        "ip6tables v1.8.9 (legacy): can't initialize: Address family not supported by protocol",
      })
  void aKernelWithoutIp6tablesIsNoFailure(String complaint) {
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public String list(AddressFamily family) throws IOException {
                if (family == AddressFamily.IPV6) {
                  throw new IptablesFailure("ip6tables-save", 3, complaint, "");
                }
                return super.list(family);
              }
            });

    assertThat(node.apply(backend, ROWS)).isInstanceOf(BackendOutcome.Applied.class);
    assertThat(check(backend)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aTableThatCannotBeLoadedIsNoFailureEither() {
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public void restore(AddressFamily family, String input) throws IOException {
                if (family == AddressFamily.IPV6) {
                  throw new IptablesFailure(
                      "ip6tables-restore",
                      3,
                      "can't initialize ip6tables table `filter': Table does not exist",
                      "");
                }
                super.restore(family, input);
              }
            });

    assertThat(node.apply(backend, ROWS)).isInstanceOf(BackendOutcome.Applied.class);
    assertThat(node.apply(backend, ROWS))
        .isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aKernelWithoutIpv6HasNoRowsOfIt() {
    IptablesBackend backend = new IptablesBackend(node.table(), EnumSet.of(AddressFamily.IPV4));

    node.apply(backend, ROWS);

    assertThat(check(backend)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aModuleTheKernelLacksIsToldByName() {
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public void restore(AddressFamily family, String input) throws IOException {
                throw new IptablesFailure(
                    "iptables-restore",
                    2,
                    "Extension recent revision 0 not supported, missing kernel module?",
                    "");
              }
            });

    BackendOutcome.Refused refused = refused(node.apply(backend, ROWS));

    assertThat(refused.reason()).isEqualTo("ChainError");
    assertThat(refused.message()).contains("Extension recent");
    assertThat(refused.remedy()).contains("xt_recent");
  }

  @Test
  void whatOneFamilyRefusesIsTakenBackFromTheOther() {
    List<FilterRow> before = SampleRows.many(3);
    node.apply(before);
    node.sh("iptables -I INPUT 1 -s 192.0.2.9 -j DROP"); // drift is put back too
    String kernel = node.kernel();
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public void restore(AddressFamily family, String input) throws IOException {
                super.restore(
                    family,
                    family == AddressFamily.IPV6
                        ? input.replace("--dport 8472", "--dport nonsense")
                        : input);
              }
            });

    assertThat(refused(node.apply(backend, ROWS)).reason()).isEqualTo("ChainError");

    assertThat(node.kernel()).isEqualTo(kernel);
  }

  @Test
  void aFirstRunThatFailsLeavesNothing() {
    String kernel = node.kernel();
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public void restore(AddressFamily family, String input) throws IOException {
                if (family == AddressFamily.IPV6) {
                  throw new IptablesFailure("ip6tables-restore", 1, "no", "");
                }
                super.restore(family, input);
              }
            });

    refused(node.apply(backend, ROWS));

    assertThat(node.kernel()).isEqualTo(kernel);
  }

  @Test
  void aJumpThatVanishesMeanwhileIsNoObstacle() {
    node.apply(ROWS);
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              private boolean done;

              @Override
              public void restore(AddressFamily family, String input) throws IOException {
                if (!done) {
                  node.sh("iptables -F INPUT");
                  done = true;
                }
                super.restore(family, input);
              }
            });

    assertThat(node.apply(backend, SampleRows.many(2))).isInstanceOf(BackendOutcome.Applied.class);

    assertThat(node.sh("iptables -S INPUT"))
        .isEqualTo("-P INPUT ACCEPT\n-A INPUT -j TWEED-INPUT\n");
  }

  @Test
  void aProgramThatPrintsOurRulesInItsOwnWayIsNotFedForEver() {
    IptablesBackend backend =
        IptablesNode.backend(
            new Faulty() {
              @Override
              public String list(AddressFamily family) throws IOException {
                return super.list(family).replace("--ctstate", "--some-state");
              }
            });
    node.apply(backend, ROWS);

    assertThat(node.apply(backend, ROWS))
        .isEqualTo(new BackendOutcome.Applied(false, true, List.of()));

    node.sh("iptables -F TWEED-INPUT");
    assertThat(node.apply(backend, ROWS))
        .isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
  }

  @Test
  void noRowHasADeviceThatEndsItsLineOtherwise() {
    assertThatThrownBy(() -> IptablesRulePropertiesTest.row("", "r", "eth0 -j ACCEPT"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private BackendOutcome check(IptablesBackend backend) {
    return node.netns().call(() -> backend.check(ROWS));
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
