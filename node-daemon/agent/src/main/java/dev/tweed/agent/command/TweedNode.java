package dev.tweed.agent.command;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The command line {@code tweed-node}; exit code 0 success, 1 failure, 2 wrong usage. */
@Command(
    name = "tweed-node",
    description = "Programs this node's part of the pod network and reports on it.",
    mixinStandardHelpOptions = true,
    versionProvider = TweedNode.Version.class,
    subcommands = {
      RunCommand.class,
      InstallCniCommand.class,
      StatusCommand.class,
      CaptureCommand.class,
      ConnectCommand.class,
      CleanupCommand.class,
      FirewallCommand.class,
      PolicyCommand.class,
      TrainCommand.class,
      HelpCommand.class
    })
public final class TweedNode {

  /** Parses the arguments and runs the command; never throws. */
  public static int execute(String... args) {
    return execute(new PrintWriter(System.out, true), args);
  }

  /** As {@link #execute(String...)}, with the output going elsewhere. */
  public static int execute(PrintWriter out, String... args) {
    return new CommandLine(new TweedNode())
        .setOut(out)
        .setExecutionExceptionHandler(TweedNode::explain)
        .execute(args);
  }

  private static int explain(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    line.getErr()
        .println("tweed-node: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
    return CommandLine.ExitCode.SOFTWARE;
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"tweed-node " + current()};
    }

    /** Version of this build, or {@code development} when run from classes. */
    static String current() {
      String version = TweedNode.class.getPackage().getImplementationVersion();
      return version == null ? "development" : version;
    }
  }
}
