package dev.tweed.agent.command;

import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.finding.NodeFinding;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node install-cni}: puts CNI plugins where the runtime looks for them, before a
 * daemon that may not write there starts. Exit code 0 also where one is missing afterwards: what
 * the daemon does for running pods does not depend on it, and the daemon tells.
 */
@Command(
    name = "install-cni",
    mixinStandardHelpOptions = true,
    description = {
      "Installs the CNI plugins that are missing in --cni-bin-dir, or older there.",
      "What could not be installed is printed; the exit code is 0 all the same, since the daemon"
          + " starts next and tells of it (CNIPluginMissing)."
    })
final class InstallCniCommand implements Callable<Integer> {

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    LogSetup.install(node.logLevel);
    PrintWriter out = spec.commandLine().getOut();
    for (NodeFinding finding :
        new CniPluginInstaller(node.cniPluginsDir, node.cniBinDir).install()) {
      out.println(finding.reason() + " " + finding.object() + ": " + finding.message());
    }
    out.flush();
    return 0;
  }
}
