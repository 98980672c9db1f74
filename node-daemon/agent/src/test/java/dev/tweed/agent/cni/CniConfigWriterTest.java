package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.command.TweedNode;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CniConfigWriterTest {

  private static final CniNetwork NETWORK =
      ConflistRendererTest.network(IpPrefix.parse("10.244.1.0/24"));
  private static final CniNetwork OTHER =
      ConflistRendererTest.network(IpPrefix.parse("10.244.2.0/24"));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPEAKS_11 =
      "#!/bin/sh\necho '{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"1.0.0\",\"1.1.0\"]}'\n";

  @TempDir Path directory;
  private Path run;
  private Path conf;
  private Path bin;
  private Path file;
  private CniConfigWriter writer;

  @BeforeEach
  void directories() throws IOException {
    run = Files.createDirectory(directory.resolve("run"));
    conf = Files.createDirectory(directory.resolve("conf"));
    bin = Files.createDirectory(directory.resolve("bin"));
    file = conf.resolve("05-tweed.conflist");
    for (String plugin : List.of("bridge", "host-local", "portmap")) {
      plugin(plugin, SPEAKS_11);
    }
    new CniEntry(run, bin, bin).install();
    writer = writer(run, conf, bin, directory.resolve("state"));
  }

  static CniConfigWriter writer(Path run, Path conf, Path bin, Path state) {
    return new CniConfigWriter(
        new CniConfigFile(run, conf),
        new CniEntry(run, bin, bin),
        bin,
        new StateFile(
            state,
            "cni-chain",
            CniConfigWriter.MEMORY_VERSION,
            CniConfigWriter.MEMORY_BYTES,
            () -> new Binding("n1", "", "", "")));
  }

  @Test
  void whoeverHasThatDirectoryOnlyReadsARegularFile() throws IOException {
    assertThat(writer.write(NETWORK)).isEmpty();

    assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(types()).containsExactly("tweed", "portmap");
    assertThat(conf).isDirectoryNotContaining(f -> f.getFileName().toString().startsWith("."));
  }

  @Test
  void aSecondRunTouchesNothing() throws IOException {
    writer.write(NETWORK);
    Object before = inode(file);
    Object link = inode(run.resolve(CniEntry.OPENED));

    writer.write(NETWORK);

    assertThat(inode(file)).isEqualTo(before);
    assertThat(inode(run.resolve(CniEntry.OPENED))).isEqualTo(link);
  }

  @Test
  void afterAChangeTheRuntimeSeesANewFile() throws IOException {
    writer.write(NETWORK);
    Object before = inode(file);

    writer.write(OTHER);

    assertThat(inode(file)).isNotEqualTo(before);
    assertThat(new CniConfigFile(run, conf).blocks())
        .containsExactly(IpPrefix.parse("10.244.2.0/24"));
  }

  @Test
  void afterABootNothingOfItStartsAPodUntilTheNodeWorksAgain() throws IOException {
    // Given a reboot, which empties the run directory
    writer.write(NETWORK);
    assertThat(bin.resolve("tweed").toRealPath()).isEqualTo(bin.resolve("bridge").toRealPath());
    boot();

    // Then the plugin that the configuration names is nowhere, and pods are known to have nothing
    assertThat(Files.exists(bin.resolve("tweed"))).isFalse();
    CniConfigFile left = new CniConfigFile(run, conf);
    assertThat(left.present()).isFalse();
    assertThat(left.blocks()).isEmpty();

    // When the next start finds what is left
    assertThat(left.removeOfAnotherBoot()).isTrue();
    assertThat(file).doesNotExist();

    // And the data path is verified again
    writer.write(NETWORK);
    assertThat(left.present()).isTrue();
    assertThat(left.removeOfAnotherBoot()).isFalse();
    assertThat(bin.resolve("tweed")).exists();
  }

  @Test
  void theInitContainerRemovesWhatAnotherBootHasLeft() throws IOException {
    writer.write(NETWORK);
    boot();

    String[] arguments = {
      "install-cni",
      "--cni-plugins-dir=" + directory.resolve("none"),
      "--cni-bin-dir=" + bin,
      "--cni-bin-dir-on-host=/opt/cni/bin",
      "--cni-conf-dir=" + conf,
      "--cni-conf-dir-on-host=/etc/cni/net.d",
      "--tmpfiles-dir=" + directory,
      "--run-dir=" + run
    };
    assertThat(TweedNode.execute(new PrintWriter(new StringWriter()), arguments)).isZero();

    // And the host does so at the next boot, if it has systemd-tmpfiles
    assertThat(file).doesNotExist();
    assertThat(directory.resolve("tweed.conf")).hasContent("r! /etc/cni/net.d/05-tweed.conflist");
  }

  @Test
  void theLinkOfAnEarlierVersionStaysUntilTheFileReplacesIt() throws IOException {
    // Given what an earlier version has left in this boot
    Path old = Files.writeString(run.resolve("05-tweed.conflist"), "{}");
    Files.createSymbolicLink(file, old);
    CniConfigFile config = new CniConfigFile(run, conf);

    // Then pods go on being started by it
    assertThat(config.removeOfAnotherBoot()).isFalse();

    // Until the file is there
    writer.write(NETWORK);
    assertThat(Files.isSymbolicLink(file)).isFalse();
    assertThat(old).doesNotExist();

    // And one that leads nowhere is of another boot
    Files.delete(file);
    Files.createSymbolicLink(file, old);
    assertThat(config.removeOfAnotherBoot()).isTrue();
  }

  @Test
  void whatIsChainedStaysInItsPlace() throws IOException {
    // Given Istio behind ours, and something between them
    plugin("istio-cni", SPEAKS_11);
    plugin("tuning", SPEAKS_11);
    writer.write(NETWORK);
    chain(1, "tuning");
    chain(3, "istio-cni");
    String chained = Files.readString(file);

    // Then it stays as they wrote it, but for its form
    writer.write(NETWORK);
    assertThat(JSON.readTree(file.toFile())).isEqualTo(JSON.readTree(chained));
    assertThat(types()).containsExactly("tweed", "tuning", "portmap", "istio-cni");

    // And what is ours is as ours has to be
    writer.write(OTHER);
    assertThat(types()).containsExactly("tweed", "tuning", "portmap", "istio-cni");
    assertThat(Files.readString(file)).contains("10.244.2.0/24").doesNotContain("10.244.1.0/24");
  }

  @Test
  void whoTakesAPluginOutOrItsProgramAwayIsFollowed() throws IOException {
    plugin("istio-cni", SPEAKS_11);
    plugin("tuning", SPEAKS_11);
    writer.write(NETWORK);
    chain(2, "istio-cni");
    chain(3, "tuning");
    writer.write(NETWORK);

    // When one program is gone, pods could not be started with it
    Files.delete(bin.resolve("tuning"));
    writer.write(NETWORK);
    assertThat(types()).containsExactly("tweed", "portmap", "istio-cni");

    // When the other is taken out of the file
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    ((ArrayNode) root.path("plugins")).remove(2);
    JSON.writeValue(file.toFile(), root);
    writer.write(NETWORK);
    assertThat(types()).containsExactly("tweed", "portmap");

    // Then it is not remembered either
    Files.delete(file);
    writer.write(NETWORK);
    assertThat(types()).containsExactly("tweed", "portmap");
  }

  @Test
  void whatWasChainedIsRememberedBeyondABoot() throws IOException {
    plugin("istio-cni", SPEAKS_11);
    writer.write(NETWORK);
    chain(2, "istio-cni");
    writer.write(NETWORK);
    boot();
    new CniConfigFile(run, conf).removeOfAnotherBoot();

    // When another process makes the file, for another block
    writer(run, conf, bin, directory.resolve("state")).write(OTHER);

    // Then no pod starts outside of the mesh
    assertThat(types()).containsExactly("tweed", "portmap", "istio-cni");
    assertThat(Files.readString(file)).contains("10.244.2.0/24");
  }

  @Test
  void aPluginThatDoesNotSpeakTheNewerVersionKeepsItFromAll() throws IOException {
    writer.write(NETWORK);
    assertThat(Files.readString(file)).contains("\"cniVersions\" : [ \"1.0.0\", \"1.1.0\" ]");

    // When one is chained that does not
    plugin("linkerd-cni", "#!/bin/sh\necho '{\"supportedVersions\":[\"1.0.0\"]}'\n");
    chain(2, "linkerd-cni");
    writer.write(NETWORK);

    assertThat(Files.readString(file)).doesNotContain("cniVersions");
  }

  @Test
  void whereThePluginDirectoryMayNotBeWrittenThePluginItselfIsNamed() throws IOException {
    Files.delete(bin.resolve("tweed"));

    assertThat(writer.write(NETWORK)).isEmpty();

    assertThat(types()).containsExactly("bridge", "portmap");
  }

  @Test
  void aProgramThatMayGoByItsNameIsNotCalledByAnother() throws IOException {
    Files.move(bin.resolve("bridge"), directory.resolve("k3s"));
    Files.createSymbolicLink(bin.resolve("bridge"), directory.resolve("k3s"));

    writer.write(NETWORK);

    assertThat(types()).containsExactly("bridge", "portmap");
  }

  @Test
  void whatIsNoConfigurationOfOursIsReplaced() throws IOException {
    for (String other : List.of("{}", "{", "{\"name\":\"x\",\"plugins\":[{\"type\":\"y\"}]}")) {
      Files.writeString(file, other);

      assertThat(writer.write(NETWORK)).isEmpty();

      assertThat(types()).containsExactly("tweed", "portmap");
    }
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

    assertThat(new CniConfigFile(run, conf).present()).isTrue();
  }

  @Test
  void removingLeavesNothing() throws IOException {
    writer.write(NETWORK);
    BootRemoval atBoot = new BootRemoval(directory);
    atBoot.install(Path.of("/etc/cni/net.d"));
    assertThat(directory.resolve("tweed.conf"))
        .content()
        .isEqualTo("r! /etc/cni/net.d/05-tweed.conflist\n");

    assertThat(new CniConfigFile(run, conf).remove()).isTrue();
    assertThat(new CniEntry(run, bin, bin).remove()).isTrue();
    assertThat(atBoot.remove()).isTrue();

    assertThat(run).isEmptyDirectory();
    assertThat(conf).isEmptyDirectory();
    assertThat(bin.toFile().list()).containsExactlyInAnyOrder("bridge", "host-local", "portmap");
    assertThat(new CniConfigFile(run, conf).remove()).isFalse();
    assertThat(new CniEntry(run, bin, bin).remove()).isFalse();
    assertThat(atBoot.remove()).isFalse();
  }

  private void boot() throws IOException {
    for (String name : List.of(CniEntry.OPENED, CniConfigFile.MARKER)) {
      Files.delete(run.resolve(name));
    }
  }

  private void plugin(String name, String script) throws IOException {
    Files.writeString(bin.resolve(name), script).toFile().setExecutable(true);
  }

  /** As Istio and Linkerd do: read, add, write. */
  private void chain(int place, String type) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    ((ArrayNode) root.path("plugins"))
        .insertObject(place)
        .put("type", type)
        .putObject("kubernetes")
        .put("kubeconfig", "/etc/cni/net.d/ZZZ-kubeconfig");
    JSON.writeValue(file.toFile(), root);
  }

  private List<String> types() throws IOException {
    List<String> types = new ArrayList<>();
    for (JsonNode plugin : JSON.readTree(file.toFile()).path("plugins")) {
      types.add(plugin.path("type").asText());
    }
    return types;
  }

  private static Object inode(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }
}
