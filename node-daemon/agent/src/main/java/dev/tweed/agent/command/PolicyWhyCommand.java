package dev.tweed.agent.command;

import dev.tweed.agent.policy.WhyText;
import dev.tweed.policy.Flow;
import dev.tweed.policy.Protocol;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tweed-node policy why}: which policy and rule decide about a connection. */
@Command(
    name = "why",
    mixinStandardHelpOptions = true,
    description = {
      "Says what this node does with a connection, and which policy, tier and rule decides. The"
          + " other end's node decides for its own pod: ask there, too.",
      "Exit code 0: allowed here. 1: dropped, or it could not be told."
    })
final class PolicyWhyCommand implements Callable<Integer> {

  @Mixin PolicyInput input;
  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "SRC",
      description = "ADDRESS, or NAMESPACE/POD of this node")
  String source;

  @Parameters(
      index = "1",
      paramLabel = "DST[:PORT]",
      description = "ADDRESS, [ADDRESS]:PORT, or NAMESPACE/POD:PORT; a pod's, not a Service's")
  String destination;

  @Option(
      names = "--protocol",
      paramLabel = "PROTOCOL",
      defaultValue = "TCP",
      description = "TCP, UDP or SCTP; without a port none. Default: ${DEFAULT-VALUE}")
  Protocol protocol;

  @Override
  public Integer call() {
    PolicyInput.Read read = input.read();
    WhyText.Target to = WhyText.Target.parse(destination);
    WhyText text =
        WhyText.of(
            source,
            to,
            (from, at) ->
                to.port()
                    .map(port -> Flow.of(from, at, protocol, port))
                    .orElseGet(() -> Flow.withoutPorts(from, at)),
            read.reading().state(),
            read.local(),
            read.table() ? Optional.of(read.drops()) : Optional.empty());
    PrintWriter out = spec.commandLine().getOut();
    out.print(text.text());
    out.flush();
    return text.accepted() ? 0 : 1;
  }
}
