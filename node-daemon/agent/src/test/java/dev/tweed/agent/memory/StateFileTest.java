package dev.tweed.agent.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFileTest {

  private static final Binding OURS = new Binding("n1", "m1", "aa", "10.96.0.1");
  private static final int MAX = 64;
  private static final byte[] CONTENT = "something worth keeping".getBytes();

  @TempDir Path parent;
  private Path directory;
  private Path path;
  private StateFile file;

  @BeforeEach
  void nothingIsThere() {
    directory = parent.resolve("state");
    path = directory.resolve("view");
    file = with(1, OURS);
  }

  private StateFile with(int version, Binding binding) {
    return new StateFile(directory, "view", version, MAX, () -> binding);
  }

  @Test
  void whatIsWrittenIsReadByTheNextProcess() throws IOException {
    assertThat(file.read()).isEmpty();

    file.write(CONTENT);

    assertThat(with(1, OURS).read()).contains(CONTENT);
  }

  @Test
  void isTheOwnersOnlyAndLeavesNothingBeside() throws IOException {
    file.write(CONTENT);

    assertThat(Files.getPosixFilePermissions(path))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(directory).isDirectoryNotContaining(p -> !p.equals(path));
  }

  @Test
  void whatIsThereIsNotWrittenAgain() throws IOException {
    // Given a file of long ago
    file.write(CONTENT);
    FileTime then = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(path, then);

    // When the same comes again, and then something else
    with(1, OURS).write(CONTENT);
    FileTime same = Files.getLastModifiedTime(path);
    file.write(new byte[0]);

    // Then only that is written
    assertThat(same).isEqualTo(then);
    assertThat(file.read()).contains(new byte[0]);
  }

  @Test
  void moreThanMayBeIsNotWritten() throws IOException {
    file.write(CONTENT);

    assertThatThrownBy(() -> file.write(new byte[MAX + 1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than 64");
    assertThat(file.read()).contains(CONTENT);
  }

  @Test
  void deletingLeavesNothing() throws IOException {
    file.write(CONTENT);

    file.delete();
    file.delete();

    assertThat(file.read()).isEmpty();
    assertThat(path).doesNotExist();
  }

  @Test
  void everythingInTheBindingCounts() throws IOException {
    file.write(CONTENT);

    List<Binding> others =
        List.of(
            new Binding("n2", "m1", "aa", "10.96.0.1"),
            new Binding("n1", "m2", "aa", "10.96.0.1"),
            new Binding("n1", "m1", "ab", "10.96.0.1"),
            new Binding("n1", "m1", "aa", "10.96.0.2"),
            new Binding("n1m", "1", "aa", "10.96.0.1"));
    assertThat(others).allSatisfy(other -> assertThat(with(1, other).read()).isEmpty());
    assertThat(with(2, OURS).read()).isEmpty();
    assertThat(file.read()).contains(CONTENT);
  }

  @Test
  void ofABindingThatCannotBeKnownNothingIsReadNorWritten() throws IOException {
    file.write(CONTENT);
    StateFile unbound =
        new StateFile(
            directory,
            "view",
            1,
            MAX,
            () -> {
              throw new IOException("no authority yet");
            });

    assertThat(unbound.read()).isEmpty();
    assertThatThrownBy(() -> unbound.write(CONTENT)).hasMessage("no authority yet");
    assertThat(file.read()).contains(CONTENT);
  }

  @Test
  void anyBitThatIsNotAsItWasWrittenMakesItUnusable() throws IOException {
    file.write(CONTENT);
    byte[] good = Files.readAllBytes(path);
    List<Integer> read = new ArrayList<>();

    for (int bit = 0; bit < good.length * Byte.SIZE; bit++) {
      byte[] bad = good.clone();
      bad[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      Files.write(path, bad);
      if (file.read().isPresent()) {
        read.add(bit);
      }
    }

    assertThat(read).isEmpty();
    Files.write(path, good);
    assertThat(file.read()).contains(CONTENT);
  }

  @Test
  void noPartOfItIsUsableNorMoreThanIt() throws IOException {
    file.write(CONTENT);
    byte[] good = Files.readAllBytes(path);

    for (int length = 0; length < good.length; length++) {
      Files.write(path, Arrays.copyOf(good, length));
      assertThat(file.read()).as("%d bytes", length).isEmpty();
    }
    Files.write(path, Arrays.copyOf(good, good.length + 1));
    assertThat(file.read()).isEmpty();
  }

  @Test
  void aFileLargerThanItMayBeIsNotReadAtAll() throws IOException {
    // Given one that is right but for its size
    new StateFile(directory, "view", 1, MAX * 4, () -> OURS).write(new byte[MAX + 1]);

    assertThat(file.read()).isEmpty();

    // And one that would not fit into memory
    try (var large = new java.io.RandomAccessFile(path.toFile(), "rw")) {
      large.setLength(1L << 40);
    }
    assertThat(file.read()).isEmpty();
  }

  @Test
  void aLinkIsNotFollowedAndIsReplaced() throws IOException {
    // Given a good file at another place, and a link to it
    file.write(CONTENT);
    Path elsewhere = parent.resolve("elsewhere");
    Files.move(path, elsewhere);
    Files.createSymbolicLink(path, elsewhere);

    // Then it is not read
    assertThat(file.read()).isEmpty();

    // And writing does not go through it
    file.write(new byte[] {1});
    assertThat(file.read()).contains(new byte[] {1});
    assertThat(path).isRegularFile();
    assertThat(elsewhere).hasSize(CONTENT.length + 76L);
  }

  @Test
  void aDirectoryThatIsALinkIsNotRead() throws IOException {
    file.write(CONTENT);
    Path elsewhere = parent.resolve("elsewhere");
    Files.move(directory, elsewhere);
    Files.createSymbolicLink(directory, elsewhere);

    assertThat(file.read()).isEmpty();
  }

  @Test
  void somethingElseInItsPlaceIsNotRead() throws IOException {
    Files.createDirectories(path);

    assertThat(file.read()).isEmpty();
    assertThatThrownBy(() -> file.write(CONTENT)).isInstanceOf(IOException.class);
  }

  @Test
  void aPipeIsNotWaitedFor() throws Exception {
    file.write(CONTENT);
    Files.delete(path);
    assertThat(new ProcessBuilder("mkfifo", "-m", "600", path.toString()).start().waitFor())
        .isZero();

    assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertThat(file.read()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw--w----", "rw-----w-"})
  void whatOthersMayWriteIsNotRead(String permissions) throws IOException {
    file.write(CONTENT);

    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    assertThat(file.read()).isEmpty();

    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    assertThat(file.read()).contains(CONTENT);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(file.read()).isEmpty();
  }

  @Test
  void ofAnotherOwnerIsNotRead() throws IOException {
    file.write(CONTENT);

    int owner = (int) Files.getAttribute(path, "unix:uid");
    assertThat(new StateFile(directory, "view", 1, MAX, () -> OURS, owner).read())
        .contains(CONTENT);
    assertThat(new StateFile(directory, "view", 1, MAX, () -> OURS, owner + 1).read()).isEmpty();
  }

  @Test
  void aDamagedFileIsReplaced() throws IOException {
    file.write(CONTENT);
    Files.write(path, new byte[] {1, 2, 3});

    file.write(CONTENT);

    assertThat(file.read()).contains(CONTENT);
  }
}
