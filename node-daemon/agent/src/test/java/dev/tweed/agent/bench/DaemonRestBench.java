package dev.tweed.agent.bench;

import dev.tweed.netlink.testing.Netns;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * What the packaged daemon costs while nothing happens, alone in a network namespace beside the API
 * server of its training, with the image's launcher, its runtime and its class archive; and what a
 * Java program costs so that does nothing but sleep. All other nodes are dead, and there is no
 * kubelet.
 *
 * <p>Arguments: seconds until it is taken for settled (90), seconds that are measured (120),
 * numbers of other nodes (1 1000 5000). Needs root, and what {@code mvn package} makes.
 */
public final class DaemonRestBench {
  private static final String CERTIFICATE =
      "-genkeypair -alias stub -keyalg RSA -keysize 2048 -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1"
          + " -validity 2 -storetype PKCS12 -storepass training -keystore ";
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

  private final Path module;
  private final Path work;
  private final Path runtime;
  private final Duration settle;
  private final Duration window;

  private DaemonRestBench(Path module, Path work, Duration settle, Duration window) {
    this.module = module;
    this.work = work;
    this.runtime = work.resolve("java");
    this.settle = settle;
    this.window = window;
  }

  /** Does nothing. */
  static final class Sleeper {
    public static void main(String[] arguments) throws InterruptedException {
      Thread.sleep(Duration.ofDays(1));
    }
  }

  /** Measures, and prints a table. */
  public static void main(String[] arguments) throws Exception {
    Path classes =
        Path.of(DaemonRestBench.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Integer> numbers = Stream.of(arguments).map(Integer::valueOf).toList();
    DaemonRestBench bench =
        new DaemonRestBench(
            classes.getParent().getParent(),
            Files.createTempDirectory("tweed-rest"),
            Duration.ofSeconds(arguments.length > 0 ? numbers.get(0) : 90),
            Duration.ofSeconds(arguments.length > 1 ? numbers.get(1) : 120));
    try {
      bench.run(numbers.size() > 2 ? numbers.subList(2, numbers.size()) : List.of(1, 1000, 5000));
    } finally {
      execute(bench.work, List.of("rm", "-rf", bench.work.toString()));
    }
  }

  private void run(List<Integer> peers) throws Exception {
    Path home = prepare();
    measure("a program that sleeps", sleeper().start());
    for (int others : peers) {
      for (String fastPath : List.of("Auto", "Off")) {
        daemon(home, others, fastPath);
      }
    }
  }

  /** Runtime, jar and archive as the image has them; says where they are. */
  private Path prepare() throws Exception {
    Path docker = module.resolve("src/main/docker");
    Matcher modules =
        Pattern.compile("--add-modules (\\S+)")
            .matcher(Files.readString(docker.resolve("Dockerfile")));
    if (!modules.find()) {
      throw new IllegalStateException("the Dockerfile does not say what the runtime is of");
    }
    execute(
        work,
        List.of(
            JAVA.resolve("jlink").toString(),
            "--add-modules",
            modules.group(1),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--generate-cds-archive",
            "--output",
            runtime.toString()));
    Files.deleteIfExists(runtime.resolve("lib/security/cacerts"));
    Path home = home("daemon");
    Files.copy(module.resolve("target/tweed-node.jar"), home.resolve("tweed-node.jar"));
    Path stub = home.resolve("lib");
    execute(stub, List.of(JAVA.resolve("jar").toString(), "xf", "../tweed-node.jar", "jni"));
    execute(stub, List.of("sh", "-c", "mv jni/$(uname -m)-Linux/*.so . && rm -r jni"));
    List<String> keytool = new ArrayList<>(List.of(JAVA.resolve("keytool").toString()));
    keytool.addAll(List.of((CERTIFICATE + keystore()).split(" ")));
    execute(work, keytool);
    Process training =
        launcher(
                home,
                Map.of("TWEED_TRAIN", "1"),
                List.of("train", "--classes", training(), "--keystore", keystore()))
            .redirectOutput(work.resolve("training").toFile())
            .start();
    if (training.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(work.resolve("training")));
    }
    return home;
  }

  private String keystore() {
    return work.resolve("stub.p12").toString();
  }

  private String training() {
    return module.resolve("target/tweed-training.jar").toString();
  }

  private Path home(String name) throws IOException {
    Path home = work.resolve(name);
    Files.createDirectories(home.resolve("lib"));
    return home;
  }

  /** A program in place of the daemon's, with the same settings. */
  private ProcessBuilder sleeper() throws IOException {
    Path home = home("sleeper");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Sleeper.class.getName());
    String file = Sleeper.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream jar =
            new JarOutputStream(Files.newOutputStream(home.resolve("tweed-node.jar")), manifest);
        InputStream bytes = Sleeper.class.getClassLoader().getResourceAsStream(file)) {
      jar.putNextEntry(new ZipEntry(file));
      bytes.transferTo(jar);
    }
    return launcher(home, Map.of(), List.of());
  }

  private ProcessBuilder launcher(Path home, Map<String, String> environment, List<String> words) {
    List<String> command = new ArrayList<>();
    command.add(module.resolve("src/main/docker/tweed-node").toString());
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("TWEED_"));
    builder.environment().put("TWEED_HOME", home.toString());
    builder.environment().put("TWEED_JAVA", runtime.resolve("bin/java").toString());
    builder.environment().putAll(environment);
    return builder;
  }

  private void daemon(Path home, int others, String fastPath) throws Exception {
    Path own = Files.createTempDirectory(work, "node");
    for (String name : List.of("account", "run", "state", "conf", "bin", "results")) {
      Files.createDirectories(own.resolve(name));
    }
    for (String plugin : List.of("bridge", "host-local", "portmap", "loopback")) {
      Path file = Files.writeString(own.resolve("bin").resolve(plugin), "#!/bin/sh\n");
      file.toFile().setExecutable(true);
    }
    try (Netns host = Netns.open()) {
      host.sh("ip link add eth0 type veth peer name far && ip link set far up");
      host.sh("ip link set eth0 up && ip addr add 198.18.0.11/15 dev eth0");
      ProcessBuilder server =
          new ProcessBuilder(
              JAVA.resolve("java").toString(),
              "-cp",
              home.resolve("tweed-node.jar") + ":" + training(),
              "dev.tweed.agent.training.StubClusterProcess",
              "n1",
              Integer.toString(others + 1),
              fastPath,
              own.resolve("account").toString(),
              keystore(),
              "training");
      Process api = host.call(() -> server.redirectError(ProcessBuilder.Redirect.INHERIT).start());
      try (BufferedReader said = api.inputReader(StandardCharsets.UTF_8)) {
        Files.writeString(own.resolve("kubeconfig"), kubeconfig(said.readLine(), own));
        ProcessBuilder daemon =
            launcher(
                home,
                Map.of(),
                List.of(
                    "run",
                    "--node-name=n1",
                    "--kubeconfig=" + own.resolve("kubeconfig"),
                    "--http-address=127.0.0.1:9464",
                    "--lease-namespace=default",
                    "--run-dir=" + own.resolve("run"),
                    "--state-dir=" + own.resolve("state"),
                    "--cni-conf-dir=" + own.resolve("conf"),
                    "--cni-bin-dir=" + own.resolve("bin"),
                    "--cni-results-dir=" + own.resolve("results")));
        // Waits until it is ready and has answered a scrape.
        new PrintStream(api.getOutputStream(), true, StandardCharsets.UTF_8).println(9464);
        measure(
            "%,d other nodes, fastPath %s".formatted(others, fastPath),
            host.call(() -> daemon.redirectOutput(own.resolve("log").toFile()).start()));
      } finally {
        api.destroy();
        api.waitFor();
      }
    }
  }

  private static String kubeconfig(String url, Path own) {
    return """
        {"apiVersion":"v1","kind":"Config","current-context":"a",
         "contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],
         "clusters":[{"name":"a","cluster":{"server":"%1$s","certificate-authority":"%2$s/ca.crt"}}],
         "users":[{"name":"a","user":{"tokenFile":"%2$s/token"}}]}
        """
        .formatted(url, own.resolve("account"));
  }

  /** Prints its lines of the table, and ends it. */
  private void measure(String what, Process process) throws Exception {
    try {
      Thread.sleep(settle);
      Map<String, Used> before = threads(process);
      Thread.sleep(window);
      Map<String, Used> after = threads(process);
      double nanos = 0;
      double wakeUps = 0;
      for (Map.Entry<String, Used> thread : after.entrySet()) {
        Used then = before.getOrDefault(thread.getKey(), new Used(0, 0));
        nanos += thread.getValue().nanos() - then.nanos();
        wakeUps += thread.getValue().wakeUps() - then.wakeUps();
      }
      Path memory = Path.of("/proc/" + process.pid() + "/smaps_rollup");
      row(
          what + ": RSS / of it anonymous / threads",
          "MiB",
          "%.1f / %.1f / %d",
          field(memory, "Rss") / 1024.0,
          field(memory, "Anonymous") / 1024.0,
          after.size());
      row(
          what + ": CPU / wake-ups a second",
          "% of a core",
          "%.3f / %.1f",
          100 * nanos / window.toNanos(),
          wakeUps / window.toSeconds());
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  private static void row(String what, String unit, String format, Object... values) {
    System.out.printf(Locale.ROOT, "| %s | %s | %s | |%n", what, unit, format.formatted(values));
  }

  /**
   * What a thread has used since it began.
   *
   * @param nanos on a CPU
   */
  private record Used(long nanos, long wakeUps) {}

  private static Map<String, Used> threads(Process process) throws IOException {
    Map<String, Used> used = new HashMap<>();
    try (var all = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : all) {
        try {
          String[] times = Files.readString(thread.resolve("schedstat")).split(" ");
          used.put(
              thread.getFileName().toString(),
              new Used(
                  Long.parseLong(times[0]),
                  field(thread.resolve("status"), "voluntary_ctxt_switches")));
        } catch (NoSuchFileException e) {
          // It has ended meanwhile.
        }
      }
    }
    return used;
  }

  private static long field(Path file, String name) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void execute(Path directory, List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(command + " has failed: " + output);
    }
  }
}
