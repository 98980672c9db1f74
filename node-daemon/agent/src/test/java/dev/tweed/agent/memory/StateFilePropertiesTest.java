package dev.tweed.agent.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class StateFilePropertiesTest {

  private static final Binding OURS = new Binding("n1", "m1", "aa", "10.96.0.1");
  private static final int MAX = 4096;

  private static Path directory;

  @BeforeContainer
  static void make() throws IOException {
    directory = Files.createTempDirectory("state-file");
  }

  @AfterContainer
  static void remove() throws IOException {
    Files.deleteIfExists(directory.resolve("view"));
    Files.delete(directory);
  }

  @Property(tries = 200)
  void isReadAsItWasWrittenOrNotAtAll(
      @ForAll @Size(max = 300) byte[] content, @ForAll @Size(max = 300) byte[] noise)
      throws IOException {
    StateFile file = new StateFile(directory, "view", 1, MAX, () -> OURS);
    Path path = directory.resolve("view");
    file.write(content);
    byte[] good = Files.readAllBytes(path);

    // What lies over it, from wherever, is not read as something else
    byte[] bad = good.clone();
    int at = Math.floorMod(Arrays.hashCode(noise), good.length);
    System.arraycopy(noise, 0, bad, at, Math.min(noise.length, bad.length - at));
    Files.write(path, bad);

    Optional<byte[]> read = file.read();
    if (Arrays.equals(bad, good)) {
      assertThat(read).contains(content);
    } else {
      assertThat(read).isEmpty();
    }
    Files.write(path, noise);
    assertThat(file.read()).isEmpty();
  }
}
