package dev.tweed.agent.command;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code tweed-node train}: loads every class a daemon needs, for the archive of the image. How is
 * in a jar of its own, which the image has not; by a class loader, since an archive fits one class
 * path only.
 */
@Command(
    name = "train",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Runs the daemon once against itself, to record a class archive.")
final class TrainCommand implements Callable<Integer> {

  @Mixin NodeOptions node;

  @Option(
      names = "--classes",
      paramLabel = "FILE",
      required = true,
      description = "The jar with the training")
  Path classes;

  @Option(
      names = "--keystore",
      paramLabel = "FILE",
      description = "PKCS 12 with a key for 127.0.0.1, to train TLS as well")
  Path keystore;

  @Option(
      names = "--keystore-password",
      paramLabel = "TEXT",
      defaultValue = "training",
      description = "Its password. Default: ${DEFAULT-VALUE}")
  String password;

  @Override
  public Integer call() throws Exception {
    LogSetup.install(node.logLevel);
    Path directory = Files.createTempDirectory("tweed-train");
    URL[] jar = {classes.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(jar, getClass().getClassLoader())) {
      loader
          .loadClass("dev.tweed.agent.training.Training")
          .getMethod("run", Path.class, Path.class, Optional.class, String.class)
          .invoke(null, classes, directory, Optional.ofNullable(keystore), password);
    } catch (InvocationTargetException e) {
      throw new IOException("the training failed", e.getCause());
    } finally {
      delete(directory);
    }
    return 0;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
