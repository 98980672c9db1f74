package dev.tweed.agent.command;

import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.cni.CniPluginReader;
import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node install-cni}: puts CNI plugins where the runtime looks for them, before a
 * daemon that may not write there starts, and removes a configuration of another boot. Exit code 0
 * also where one is missing afterwards: what the daemon does for running pods does not depend on
 * it, and the daemon tells, with the cause that this leaves in the run directory.
 */
@Command(
    name = "install-cni",
    mixinStandardHelpOptions = true,
    description = {
      "Installs the CNI plugins that are missing in --cni-bin-dir, or older there; removes a CNI"
          + " configuration that another boot has left, and has the next one remove it.",
      "What could not be installed is printed, and left in --run-dir for the daemon; the exit code"
          + " is 0 all the same, since the daemon starts next and tells of it (CNIPluginMissing)."
    })
final class InstallCniCommand implements Callable<Integer> {

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    LogSetup.install(node.logLevel);
    PrintWriter out = spec.commandLine().getOut();
    String lacking =
        new CniPluginInstaller(node.cniPluginsDir, node.cniBinDir)
            .install().stream()
                .map(finding -> finding.message().lines().collect(Collectors.joining(" ")) + "\n")
                .collect(Collectors.joining());
    out.print(lacking);
    attempt(out, "the CNI plugin tweed", () -> node.cniEntry().install());
    attempt(
        out, "the CNI configuration of another boot", () -> node.cniConfig().removeOfAnotherBoot());
    node.bootRemoval()
        .ifPresent(
            removal ->
                attempt(
                    out, "the line of tmpfiles.d", () -> removal.install(node.cniConfDirOnHost())));
    Path told = node.runDir.resolve(CniPluginReader.NOT_INSTALLED);
    try {
      AtomicFile.keep(told, lacking.getBytes(StandardCharsets.UTF_8), "rw-r--r--");
    } catch (IOException e) {
      out.println("the daemon cannot be told: " + e);
    }
    out.flush();
    return 0;
  }

  private interface Deed {
    void run() throws IOException;
  }

  private static void attempt(PrintWriter out, String purpose, Deed deed) {
    try {
      deed.run();
    } catch (IOException e) {
      out.println(purpose + ": " + e);
    }
  }
}
