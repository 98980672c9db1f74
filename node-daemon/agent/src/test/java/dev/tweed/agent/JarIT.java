package dev.tweed.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar as the image runs it: in a JVM of its own, with the image's settings. */
@Timeout(120)
class JarIT {

  private static final Path JAR = Path.of("target/tweed-node.jar");
  private static final Path TRAINING = Path.of("target/tweed-training.jar");

  @TempDir Path directory;

  @Test
  void showsItsHelp() throws Exception {
    assertThat(run("--help")).contains("status", "cleanup").endsWith("exit code 0");
  }

  @Test
  void trainingReachesReadyWithTheClassesThatAreInTheJar() throws Exception {
    // TLS, JSON, watches, netlink, status writes, metrics: all in one jar, nothing left out
    Path keystore = directory.resolve("stub.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "stub",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "1",
                "-storetype",
                "PKCS12",
                "-storepass",
                "training",
                "-keystore",
                keystore.toString())
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    assertThat(keytool.waitFor()).isZero();

    assertThat(run("train", "--classes", TRAINING.toString(), "--keystore", keystore.toString()))
        .contains("READY")
        .doesNotContain("ERROR", "watch failed", "status not written", "without the data path")
        .endsWith("exit code 0");
  }

  @Test
  void itsClassesMakeMessagesOfDbus() throws Exception {
    // Some of the library are left out; those that are there load others when they are initialized.
    try (URLClassLoader jar =
        new URLClassLoader(new URL[] {JAR.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      Object texts =
          jar.loadClass("dev.tweed.firewall.dbus.BusConnection")
              .getMethod("texts", List.class)
              .invoke(null, List.of("a"));
      Class<?> factory = jar.loadClass("org.freedesktop.dbus.messages.MessageFactory");
      Object message =
          factory
              .getMethod(
                  "createMethodCall",
                  String.class,
                  String.class,
                  String.class,
                  String.class,
                  byte.class,
                  String.class,
                  Object[].class)
              .invoke(
                  factory.getConstructor(byte.class).newInstance((byte) 'l'),
                  "some.Service",
                  "/",
                  "some.Interface",
                  "Do",
                  (byte) 0,
                  "a{sv}",
                  new Object[] {Map.of("rules", texts)});

      assertThat(message.toString()).contains("some.Interface", "Do");
    }
  }

  @Test
  void itCarriesTheProgramsOfTheFastPath() throws Exception {
    try (URLClassLoader jar =
        new URLClassLoader(new URL[] {JAR.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      assertThat(jar.getResource("dev/tweed/fastpath/kernel/fastpath.bpf.o")).isNotNull();
    }
  }

  @Test
  void endsSoonAfterSigterm() throws Exception {
    // Given a daemon whose API server is away
    Path log = directory.resolve("log");
    Process daemon =
        start(
                log,
                "run",
                "--node-name=n1",
                "--api-server=https://127.0.0.1:1",
                "--http-address=127.0.0.1:0",
                "--run-dir=" + directory.resolve("run"),
                "--state-dir=" + directory.resolve("state"))
            .start();
    try {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> Files.readString(log).contains("on node n1"));

      // When it is told to stop
      daemon.destroy();

      // Then it does, as by SIGTERM
      assertThat(daemon.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(daemon.exitValue()).isEqualTo(128 + 15);
      assertThat(Files.readString(log)).contains("stopping; the data path stays as it is");
    } finally {
      daemon.destroyForcibly();
    }
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    assertThat(run("run", "--run-dir=" + directory))
        .contains("give --node-name or the environment NODE_NAME")
        .endsWith("exit code 1");
    assertThat(run("run", "--node-name=n1", "--run-dir=" + directory))
        .contains("give --kubeconfig FILE or --api-server URL")
        .endsWith("exit code 1");
    assertThat(run("run", "--node-name=n1", "--http-address=9464", "--run-dir=" + directory))
        .contains("--http-address '9464' is not an address and port like 127.0.0.1:9464")
        .endsWith("exit code 1");
  }

  @Test
  void theSameSourcesGiveTheSameBytes() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.stream().filter(e -> e.getName().startsWith("dev/tweed/")))
          .isNotEmpty()
          .noneMatch(e -> e.getName().contains("/training/"))
          .extracting(ZipEntry::getTimeLocal)
          .containsOnly(java.time.LocalDateTime.of(2026, 1, 1, 0, 0));
    }
  }

  private String run(String... args) throws Exception {
    Path log = Files.createTempFile(directory, "output", "");
    Process process = start(log, args).start();
    assertThat(process.waitFor(6, TimeUnit.MINUTES)).isTrue(); // training gives up after 5
    return Files.readString(log) + "exit code " + process.exitValue();
  }

  private static ProcessBuilder start(Path log, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-Xmx48m", "-Xss256k", "-Djnr.ffi.asm.enabled=false"));
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    // What a developer's shell or a CI pod happens to have is none of the test's business.
    builder
        .environment()
        .keySet()
        .removeIf(k -> k.startsWith("TWEED_") || k.contains("KUBERNETES"));
    builder.environment().remove("NODE_NAME");
    return builder;
  }
}
