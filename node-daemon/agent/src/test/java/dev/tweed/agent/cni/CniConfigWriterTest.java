package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CniConfigWriterTest {

  private static final CniNetwork NETWORK =
      ConflistRendererTest.network(IpPrefix.parse("10.244.1.0/24"));

  @TempDir Path directory;
  private Path run;
  private Path conf;
  private CniConfigWriter writer;

  @BeforeEach
  void directories() throws IOException {
    run = Files.createDirectory(directory.resolve("run"));
    conf = Files.createDirectory(directory.resolve("conf"));
    writer = new CniConfigWriter(run, conf);
  }

  @Test
  void theRuntimeReadsTheConfigurationThroughALink() throws IOException {
    assertThat(writer.write(NETWORK)).isEmpty();

    Path link = conf.resolve("05-tweed.conflist");
    assertThat(Files.readSymbolicLink(link)).isEqualTo(run.resolve("05-tweed.conflist"));
    assertThat(Files.readString(link)).isEqualTo(ConflistRenderer.render(NETWORK));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(link)))
        .isEqualTo("rw-------");
    assertThat(conf).isDirectoryNotContaining(f -> f.getFileName().toString().startsWith("."));
  }

  @Test
  void aSecondRunTouchesNothing() throws IOException {
    writer.write(NETWORK);
    Object link = inode(conf.resolve("05-tweed.conflist"));
    Object file = inode(run.resolve("05-tweed.conflist"));

    writer.write(NETWORK);

    assertThat(inode(conf.resolve("05-tweed.conflist"))).isEqualTo(link);
    assertThat(inode(run.resolve("05-tweed.conflist"))).isEqualTo(file);
  }

  @Test
  void afterAChangeTheRuntimeSeesANewLink() throws IOException {
    writer.write(NETWORK);
    Object link = inode(conf.resolve("05-tweed.conflist"));

    writer.write(ConflistRendererTest.network(IpPrefix.parse("10.244.2.0/24")));

    assertThat(inode(conf.resolve("05-tweed.conflist"))).isNotEqualTo(link);
  }

  @Test
  void aRebootLeavesTheLinkDanglingUntilTheNodeWorksAgain() throws IOException {
    // Given a reboot, which empties the run directory
    writer.write(NETWORK);
    Files.delete(run.resolve("05-tweed.conflist"));
    Files.delete(run.resolve(CniConfigWriter.MARKER));
    Object dangling = inode(conf.resolve("05-tweed.conflist"));
    assertThat(writer.present()).isFalse();

    // When the data path is verified again
    writer.write(NETWORK);

    // Then there is a new link, whose coming the runtime notices
    assertThat(writer.present()).isTrue();
    assertThat(inode(conf.resolve("05-tweed.conflist"))).isNotEqualTo(dangling);
  }

  @Test
  void aDaemonThatEndedBetweenFileAndLinkIsMadeGoodFor() throws IOException {
    // Given a dangling link from before a reboot, and the file but not yet a new link
    writer.write(NETWORK);
    Files.delete(run.resolve(CniConfigWriter.MARKER));
    Object link = inode(conf.resolve("05-tweed.conflist"));

    writer.write(NETWORK);

    assertThat(inode(conf.resolve("05-tweed.conflist"))).isNotEqualTo(link);
  }

  @Test
  void aFileInPlaceOfTheLinkIsReplaced() throws IOException {
    Files.writeString(conf.resolve("05-tweed.conflist"), "{}");

    assertThat(writer.write(NETWORK)).isEmpty();

    assertThat(conf.resolve("05-tweed.conflist")).isSymbolicLink();
  }

  @Test
  void aMissingDirectoryIsAFindingThatNamesIt() throws IOException {
    Files.delete(conf);

    assertThat(writer.write(NETWORK))
        .hasValueSatisfying(
            f -> {
              assertThat(f.reason()).isEqualTo("CNIConfigFailed");
              assertThat(f.remedy()).contains(conf.toString());
            });
  }

  @Test
  void aRunDirectoryThatWasRemovedIsMadeAnew() throws IOException {
    Files.delete(run);

    assertThat(writer.write(NETWORK)).isEmpty();

    assertThat(writer.present()).isTrue();
  }

  @Test
  void removingLeavesNothing() throws IOException {
    writer.write(NETWORK);

    assertThat(writer.remove()).isTrue();

    assertThat(run).isEmptyDirectory();
    assertThat(conf).isEmptyDirectory();
    assertThat(writer.remove()).isFalse();
  }

  private static Object inode(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }
}
