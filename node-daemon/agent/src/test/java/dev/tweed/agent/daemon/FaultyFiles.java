package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.Views;
import dev.tweed.agent.cni.CniConfigFile;
import dev.tweed.agent.cni.CniConfigWriter;
import dev.tweed.agent.cni.CniEntry;
import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.cni.Mounts;
import dev.tweed.agent.cni.PodResults;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.agent.policy.PolicyOptions;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusText;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.enforce.gate.CniResultReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The part of a daemon that writes files, on file systems that really are full, read-only or
 * emptied. Only its data path is made up.
 */
final class FaultyFiles implements AutoCloseable {

  /** A directory the daemon writes into, on a small file system of its own. */
  enum Place {
    RUN("cni-bridge", "cni-config-of-this-boot", "status", "status.json"),
    CONF("05-tweed.conflist"),
    BIN("bridge", "portmap", "tweed", ".tweed-installed");

    private final List<String> files;

    Place(String... files) {
      this.files = List.of(files);
    }
  }

  /** A file the daemon writes. */
  record Target(Place place, String name) {
    static List<Target> all() {
      return Stream.of(Place.values())
          .flatMap(place -> place.files.stream().map(name -> new Target(place, name)))
          .toList();
    }

    /** What it is called while it is written. */
    Target attempt() {
      return new Target(place, "." + name + ".tweed-tmp");
    }
  }

  private static final List<String> PLUGINS =
      List.of("bridge", "host-local", "portmap", "loopback");

  /** What is not Tweed's. */
  private static final Map<Place, String> OTHERS =
      Map.of(Place.CONF, "10-other.conflist", Place.BIN, "macvlan");

  private static final String BALLAST = "ballast";
  private static final Pattern REMOVE = Pattern.compile("'rm -r ([^']+)'");

  private final Path root;
  private final Mounts mounts;
  private int block = 1;
  private boolean verified = true;
  private NodeSync sync;
  private Optional<NodeStatus> told = Optional.empty();

  FaultyFiles() throws Exception {
    root = Files.createTempDirectory("tweed-files");
    mounts = new Mounts();
    for (Place place : Place.values()) {
      Path at = Files.createDirectory(root.resolve(place.name()));
      mounts.tmpfs(at, "size=96k");
    }
    Files.createDirectory(root.resolve("source"));
    for (String plugin : PLUGINS) {
      Path file = root.resolve("source").resolve(plugin);
      Files.writeString(file, "#!/bin/sh\necho CNI " + plugin + " plugin v1.9.1 >&2\n");
      file.toFile().setExecutable(true);
    }
    endFaults();
    restart();
  }

  /** A step of a test on the files; that it cannot be done is no matter. */
  private interface Deed {
    void run() throws IOException;
  }

  private void attempt(Deed deed) throws Exception {
    mounts.call(
        () -> {
          try {
            deed.run();
          } catch (IOException e) {
            // Such as for a fault before this one.
          }
          return null;
        });
  }

  /** The directory as the daemon is told it. */
  private Path directory(Place place) {
    return root.resolve(place.name()).resolve("d");
  }

  private Path path(Target target) {
    return directory(target.place()).resolve(target.name());
  }

  void fill(Place place) throws Exception {
    attempt(
        () -> {
          try (OutputStream out =
              Files.newOutputStream(root.resolve(place.name() + "/" + BALLAST))) {
            while (true) {
              out.write(new byte[4096]);
            }
          }
        });
  }

  void readOnly(Place place) throws Exception {
    mounts.readOnly(root.resolve(place.name()), true);
  }

  void remove(Place place) throws Exception {
    attempt(() -> delete(directory(place)));
  }

  void remove(Target target) throws Exception {
    attempt(() -> delete(path(target)));
  }

  void putDirectory(Target target) throws Exception {
    attempt(
        () -> {
          delete(path(target));
          Files.createDirectory(path(target));
          Files.createFile(path(target).resolve("something"));
        });
  }

  void putGarbage(Target target) throws Exception {
    attempt(
        () -> {
          delete(path(target));
          Files.write(path(target), new byte[] {'{', (byte) 0xff, 0, '\n'});
        });
  }

  /** A process that ended in the midst of writing, and another one. */
  void endWhileWriting(Target target) throws Exception {
    attempt(() -> Files.writeString(path(target.attempt()), "half"));
    restart();
  }

  void endFaults() throws Exception {
    for (Place place : Place.values()) {
      mounts.readOnly(root.resolve(place.name()), false);
    }
    mounts.call(
        () -> {
          for (Place place : Place.values()) {
            Files.deleteIfExists(root.resolve(place.name()).resolve(BALLAST));
            Files.createDirectories(directory(place));
          }
          for (Target target : Target.all()) {
            for (Path path : List.of(path(target), path(target.attempt()))) {
              if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                delete(path);
              }
            }
          }
          for (Map.Entry<Place, String> other : OTHERS.entrySet()) {
            Files.writeString(directory(other.getKey()).resolve(other.getValue()), "theirs");
          }
          return null;
        });
  }

  void block(int number) {
    block = number;
  }

  void verified(boolean is) {
    verified = is;
  }

  /** Another process; of the one before nothing is left but files. */
  void restart() throws Exception {
    mounts.call(
        () -> {
          Path run = directory(Place.RUN);
          StatusFiles files = new StatusFiles(run);
          Optional<NodeStatus> earlier = files.read();
          RepairLog repairs =
              new RepairLog(Clock.systemUTC(), earlier.map(NodeStatus::repairs).orElse(List.of()));
          StatusAggregator board =
              new StatusAggregator(
                  files,
                  (status, own) -> told = Optional.of(status),
                  new Metrics(),
                  repairs,
                  earlier);
          sync =
              new NodeSync(
                  this::view,
                  new SnapshotMapper("n1"),
                  this::kernel,
                  new CniSetup(
                      new DaemonOptions(
                          "n1",
                          "test",
                          new ApiAccess(Optional.empty(), Optional.empty(), run),
                          directory(Place.CONF),
                          directory(Place.BIN),
                          directory(Place.BIN),
                          root.resolve("source"),
                          root.resolve("results"),
                          run,
                          root.resolve("state"),
                          Optional.empty(),
                          new InetSocketAddress(0),
                          false,
                          Optional.empty(),
                          DataPathOptions.defaults(),
                          PolicyOptions.DEFAULT),
                      new StateFile(
                          root.resolve("state"),
                          "cni-chain",
                          CniConfigWriter.MEMORY_VERSION,
                          CniConfigWriter.MEMORY_BYTES,
                          () -> new Binding("n1", "", "", "")),
                      new PodResults(
                          new CniResultReader(root.resolve("results")),
                          new LeaseReader(run.resolve("cni")),
                          Duration.ofMinutes(1),
                          new PodResults.Listener() {
                            @Override
                            public void pods() {}

                            @Override
                            public void hostPorts() {}
                          },
                          System::nanoTime),
                      new LeaseReader(run.resolve("cni")),
                      System::nanoTime,
                      again -> {},
                      why -> {
                        throw new AssertionError(why);
                      }),
                  () -> true,
                  state -> {},
                  again -> {},
                  (targets, network) -> {},
                  fastPath -> {},
                  () -> false,
                  new NodeStatusFactory(
                      "n1", repairs, List.of(), () -> new Versions("test", null, null, null)),
                  new Metrics(),
                  board::show);
          return null;
        });
  }

  /** One run of the daemon; what it tells has to be so. */
  void sync() throws Exception {
    Map<Place, String> before = others();
    boolean done = mounts.call(sync::getAsBoolean);
    NodeStatus status = told.orElseThrow();
    assertThat(others()).isEqualTo(before);
    assertThat(done).as("tried again").isEqualTo(status.programmed());
    List<NodeFinding> ours =
        status.findings().stream().filter(f -> !f.reason().equals("ModuleMissing")).toList();
    assertThat(ours)
        .allSatisfy(
            finding -> {
              assertThat(finding.object()).startsWith(root.toString());
              assertThat(mounts.call(() -> isTrue(finding))).as("%s", finding).isTrue();
            });
    if (status.programmed()) {
      assertThat(verified).isTrue();
      assertThat(configuration()).contains("\"10.244." + block + ".0/24\"");
      assertThat(mounts.call(this::missingPlugins)).isEmpty();
    } else if (verified) {
      assertThat(ours).anyMatch(NodeFinding::blocking);
    }
    if (ours.stream().noneMatch(finding -> finding.reason().equals("FilesNotWritten"))) {
      assertThat(mounts.call(() -> new StatusFiles(directory(Place.RUN)).read())).hasValue(status);
      assertThat(read(directory(Place.RUN).resolve("status"))).isEqualTo(StatusText.render(status));
    }
  }

  /** Whether what it says is to be done would help. */
  private boolean isTrue(NodeFinding finding) {
    Path directory = Path.of(finding.object()).getParent();
    if (finding.reason().equals("CNIPluginMissing") && !Files.isWritable(directory)) {
      return finding.remedy().startsWith(directory + " has to exist, belong to root");
    }
    if (finding.remedy().startsWith("free some space ('df -h " + directory + "')")) {
      return Files.exists(directory.resolveSibling(BALLAST));
    }
    if (finding.remedy().startsWith("make " + directory + " exist and be writable")) {
      return !Files.isDirectory(directory) || !Files.isWritable(directory);
    }
    Matcher remove = REMOVE.matcher(finding.remedy());
    return remove.find()
        && remove.group(1).startsWith(directory.toString())
        && Files.isDirectory(Path.of(remove.group(1)));
  }

  /** What runtimes read. */
  private String configuration() throws Exception {
    Path file = path(new Target(Place.CONF, "05-tweed.conflist"));
    assertThat(mounts.call(() -> Files.isSymbolicLink(file))).isFalse();
    return read(file);
  }

  private List<String> missingPlugins() {
    return PLUGINS.stream()
        .filter(
            plugin -> {
              Path file = directory(Place.BIN).resolve(plugin);
              return !Files.isRegularFile(file) || !Files.isExecutable(file);
            })
        .toList();
  }

  private String read(Path file) throws Exception {
    return mounts.call(() -> Files.readString(file));
  }

  private Map<Place, String> others() throws Exception {
    Map<Place, String> found = new TreeMap<>();
    for (Map.Entry<Place, String> other : OTHERS.entrySet()) {
      Path file = directory(other.getKey()).resolve(other.getValue());
      if (mounts.call(() -> Files.exists(file))) {
        found.put(other.getKey(), read(file));
      }
    }
    return found;
  }

  /**
   * Two runs bring everything to what it is on a fresh machine, and another one changes nothing.
   */
  void assertConverges() throws Exception {
    sync();
    sync();
    assertThat(told.orElseThrow().findings()).isEmpty();
    assertThat(told.orElseThrow().programmed()).isTrue();
    assertThat(names(Place.RUN))
        .containsExactly("cni-bridge", "cni-config-of-this-boot", "status", "status.json");
    assertThat(names(Place.CONF)).containsExactly("05-tweed.conflist", "10-other.conflist");
    TreeSet<String> plugins = new TreeSet<>(PLUGINS);
    plugins.addAll(List.of("macvlan", "tweed"));
    assertThat(names(Place.BIN).stream().filter(name -> !name.equals(".tweed-installed")))
        .containsExactlyElementsOf(plugins);
    Map<Path, Object> before = inodes();
    sync();
    assertThat(inodes()).isEqualTo(before);
  }

  /** Only what is of others is left, also of a process that ended while it wrote. */
  void assertCleansUp() throws Exception {
    for (Target target : Target.all()) {
      endWhileWriting(target);
    }
    mounts.call(
        () -> {
          new CniConfigFile(directory(Place.RUN), directory(Place.CONF)).remove();
          new CniEntry(directory(Place.RUN), directory(Place.BIN), directory(Place.BIN)).remove();
          return new CniPluginInstaller(root.resolve("source"), directory(Place.BIN)).uninstall();
        });
    assertThat(names(Place.CONF)).containsExactly("10-other.conflist");
    assertThat(names(Place.BIN)).contains("macvlan").noneMatch(name -> name.startsWith("."));
    // The run directory is emptied at last, whatever is in it.
    assertThat(names(Place.RUN)).doesNotContain("cni-bridge", "cni-config-of-this-boot");
  }

  private List<String> names(Place place) throws Exception {
    return mounts.call(
        () -> {
          try (Stream<Path> files = Files.list(directory(place))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
          }
        });
  }

  private Map<Path, Object> inodes() throws Exception {
    Map<Path, Object> found = new TreeMap<>();
    for (Place place : Place.values()) {
      for (String name : names(place)) {
        Path path = directory(place).resolve(name);
        found.put(
            path,
            mounts.call(() -> Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS)));
      }
    }
    return found;
  }

  private ClusterView view() {
    return new Views().network("default", Views.day(1)).subnet("10.244." + block + ".0/24").view();
  }

  private KernelPath kernel() {
    return new KernelPath() {
      @Override
      public SyncReport sync(ClusterSnapshot snapshot) {
        return new SyncReport(
            verified,
            "tweed.1",
            1450,
            Optional.empty(),
            0,
            0,
            List.of(),
            verified
                ? List.of()
                : List.of(new Finding(Reason.ModuleMissing, "vxlan", "missing", "load it")),
            Map.of(),
            List.of(),
            Optional.empty());
      }

      @Override
      public void close() {}
    };
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    mounts.close();
    delete(root);
  }
}
