package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.all;
import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.iptables.IptablesPrograms;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of our rules when we fall over half way. */
@Tag("kernel")
class UfwCrashTest {

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
  }

  /** Goes past everything that handles failures. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  /** The real chains, for a test to break. */
  private static class RealChains extends UfwChains {
    RealChains() {
      super(IptablesPrograms.ofUfw(List.of()));
    }
  }

  @Test
  void aCrashBetweenFilesAndChainsIsRepaired() {
    String before = node.kernel();
    assertThatThrownBy(
            () ->
                node.apply(
                    lesson(),
                    new RealChains() {
                      @Override
                      void restore(AddressFamily family, String input) {
                        throw new Crash();
                      }
                    }))
        .isInstanceOf(Crash.class);
    assertThat(node.kernel()).isEqualTo(before);

    UfwApplied applied = node.write(lesson());

    assertThat(applied.written()).isEmpty();
    assertThat(applied.restored()).hasSize(2);
    assertThat(node.kernel()).contains("tweed-br0");
  }

  @Test
  void aCrashBetweenTheChainsOfTheTwoFamiliesIsRepaired() {
    assertThatThrownBy(
            () ->
                node.apply(
                    lesson(),
                    new RealChains() {
                      @Override
                      void restore(AddressFamily family, String input) throws IOException {
                        if (family == AddressFamily.IPV6) {
                          throw new Crash();
                        }
                        super.restore(family, input);
                      }
                    }))
        .isInstanceOf(Crash.class);

    assertThat(node.write(lesson()).restored()).containsExactly(AddressFamily.IPV6);

    assertThat(node.kernel()).contains("-A ufw6-user-input -i tweed.1 -j ACCEPT");
  }

  @Test
  void aCrashBetweenTheTwoFilesIsRepaired() throws IOException {
    String running = node.kernel();
    String before6 = node.text("etc/ufw/user6.rules");
    assertThatThrownBy(() -> node.apply(lesson(), failing(AddressFamily.IPV6, new Crash())))
        .isInstanceOf(Crash.class);
    assertThat(node.text("etc/ufw/user.rules")).contains("comment=7477656564");
    assertThat(node.text("etc/ufw/user6.rules")).isEqualTo(before6);
    assertThat(node.file("etc/ufw/.user6.rules.tweed-tmp")).exists();
    assertThat(node.kernel()).isEqualTo(running);

    UfwApplied applied = node.write(lesson());

    assertThat(applied.written()).containsExactly(AddressFamily.IPV6);
    assertThat(applied.restored()).hasSize(2);
    assertThat(node.file("etc/ufw/.user6.rules.tweed-tmp")).doesNotExist();
  }

  @Test
  void whatACrashLeftIsRemovedEvenIfThereIsNothingToDo() {
    assertThatThrownBy(() -> node.apply(lesson(), failing(AddressFamily.IPV4, new Crash())))
        .isInstanceOf(Crash.class);
    assertThat(node.file("etc/ufw/.user.rules.tweed-tmp")).exists();

    assertThat(node.write(List.of()).changed()).isFalse();

    assertThat(node.file("etc/ufw/.user.rules.tweed-tmp")).doesNotExist();
  }

  @Test
  void aDiskThatRefusesTheSecondFileGetsTheFirstBack() throws IOException {
    String before = everything();

    BackendOutcome outcome =
        node.apply(lesson(), failing(AddressFamily.IPV6, new IOException("No space left")));

    assertThat(refused(outcome).reason()).isEqualTo("FileError");
    assertThat(everything()).isEqualTo(before);
    assertThat(node.file("etc/ufw/.user6.rules.tweed-tmp")).doesNotExist();
  }

  @Test
  void rulesTheKernelRefusesLeaveTheOldOnes() throws IOException {
    node.apply(lesson());
    String files = node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
    String running = node.kernel();
    UfwChains refusing =
        new RealChains() {
          @Override
          void restore(AddressFamily family, String input) throws IOException {
            boolean bad = family == AddressFamily.IPV6 && input.contains("--dport 20");
            super.restore(family, bad ? input.replace("--dport 20", "--dport nonsense") : input);
          }
        };

    BackendOutcome outcome = node.apply(all(), refusing);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo("ChainError"));
    assertThat(node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules")).isEqualTo(files);
    assertThat(node.kernel()).isEqualTo(running);
  }

  /** Files of which that of one family cannot be put in place. */
  private UfwHost failing(AddressFamily broken, Throwable failure) {
    return new UfwHost(root, UfwNode.chains()) {
      @Override
      UfwFile file(AddressFamily family) {
        if (family != broken) {
          return super.file(family);
        }
        return new UfwFile(root.resolve("etc/ufw").resolve(UfwRulesFile.name(family))) {
          @Override
          void commit() throws IOException {
            switch (failure) {
              case IOException e -> throw e;
              case Error e -> throw e;
              default -> throw new IllegalArgumentException(failure);
            }
          }
        };
      }
    };
  }

  private String everything() throws IOException {
    return node.kernel() + node.text("etc/ufw/user.rules") + node.text("etc/ufw/user6.rules");
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
