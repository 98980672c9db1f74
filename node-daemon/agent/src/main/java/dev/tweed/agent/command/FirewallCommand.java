package dev.tweed.agent.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tweed-node firewall}: only together with one of its own commands. */
@Command(
    name = "firewall",
    mixinStandardHelpOptions = true,
    description = "Shows the rules that FirewallPolicies and the pod network need on this node.",
    subcommands = {FirewallStatusCommand.class, FirewallPlanCommand.class})
final class FirewallCommand implements Callable<Integer> {

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "Missing required subcommand");
  }
}
