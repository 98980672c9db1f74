package dev.tweed.agent.command;

import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.policy.EnforcedPolicies;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node policy status}: which pods have policies here, which wait, what was dropped.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows which pods of this node have policies, which wait, and what was dropped.")
final class PolicyStatusCommand implements Callable<Integer> {

  @Mixin PolicyInput input;
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    PolicyInput.Read read = input.read();
    PrintWriter out = spec.commandLine().getOut();
    if (!read.table()) {
      out.println(
          read.policies().node().isEmpty()
              ? "no network policy is about this node: there is no table, and all is allowed"
              : "NOT in force: table inet tweed-policy is not there");
    } else {
      out.printf(
          "table inet tweed-policy, by NodePolicy generation %s%n",
          read.policies().node().map(NodePolicyRecord::generation).orElse(0L));
      Map<String, String> programs =
          read.reading().state().pods().stream()
              .collect(
                  Collectors.toMap(
                      p -> p.uid(),
                      p ->
                          p.programs().isEmpty()
                              ? "no policy selects it"
                              : String.join(" ", p.programs().stream().sorted().toList()),
                      (a, b) -> a));
      read.local().stream()
          .sorted((a, b) -> (a.namespace() + a.name()).compareTo(b.namespace() + b.name()))
          .forEach(
              pod ->
                  out.printf(
                      "%s/%s %s: %s%n",
                      pod.namespace(),
                      pod.name(),
                      pod.addresses().stream()
                          .map(Object::toString)
                          .sorted()
                          .collect(Collectors.joining(" ")),
                      programs.getOrDefault(
                          pod.uid(), "closed until the operator has named its policies")));
      CompiledPolicies compiled = new PolicyTableCompiler(false).compile(read.reading().state());
      compiled.missing().stream().sorted().forEach(m -> out.println("missing: " + m));
      EnforcedPolicies.dropsByCause(compiled, read.drops())
          .forEach((cause, packets) -> out.printf("dropped, %s: %d%n", cause.text(), packets));
    }
    out.flush();
    return read.table() || read.policies().node().isEmpty() ? 0 : 1;
  }
}
