package dev.tweed.agent.command;

import picocli.CommandLine.Command;

/** {@code tweed-node policy}: what network policies do on this node. */
@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "Shows what network policies do on this node.",
    subcommands = {PolicyWhyCommand.class, PolicyStatusCommand.class})
final class PolicyCommand {}
