package dev.tweed.crds;

import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.util.ArrayList;
import java.util.List;

/** Writes a program as a PolicyProgram has it: {@link PolicyProgramReader} reads the same. */
public final class PolicyProgramWriter {

  private PolicyProgramWriter() {}

  /**
   * The spec. Rules whose lists are longer than an object may have become several rules of the same
   * index, which mean the same.
   */
  public static PolicyProgramSpec write(Program program) {
    return new PolicyProgramSpec(
        PolicyProgramSpec.FORMAT,
        new PolicyProgramSpec.Policy(
            program.policy().kind() == PolicyRef.Kind.NETWORK_POLICY
                ? PolicyProgramSpec.PolicyKind.NetworkPolicy
                : PolicyProgramSpec.PolicyKind.ClusterNetworkPolicy,
            program.policy().uid(),
            program.policy().generation()),
        switch (program.tier()) {
          case ADMIN -> PolicyProgramSpec.Tier.Admin;
          case NETWORK_POLICY -> PolicyProgramSpec.Tier.NetworkPolicy;
          case BASELINE -> PolicyProgramSpec.Tier.Baseline;
        },
        program.tier() == Tier.NETWORK_POLICY ? null : program.priority(),
        program.isolates().stream()
            .sorted()
            .map(
                d ->
                    d == Direction.INGRESS
                        ? PolicyProgramSpec.Direction.Ingress
                        : PolicyProgramSpec.Direction.Egress)
            .toList(),
        rules(program.ingress()),
        rules(program.egress()));
  }

  private static List<PolicyProgramSpec.Rule> rules(List<Rule> rules) {
    List<PolicyProgramSpec.Rule> written = new ArrayList<>();
    for (Rule rule : rules) {
      if (!rule.everyPort() && rule.ports().isEmpty()) {
        continue; // matches nothing
      }
      for (List<PortMatch> ports : parts(rule.ports(), Limits.PROGRAM_PORTS)) {
        for (PolicyProgramSpec.Peers peers : peers(rule.peers())) {
          written.add(
              new PolicyProgramSpec.Rule(
                  rule.index(),
                  switch (rule.action()) {
                    case ACCEPT -> PolicyProgramSpec.Action.Accept;
                    case DENY -> PolicyProgramSpec.Action.Deny;
                    case PASS -> PolicyProgramSpec.Action.Pass;
                  },
                  rule.everyPort(),
                  ports.stream().map(PolicyProgramWriter::port).toList(),
                  peers));
        }
      }
    }
    return written;
  }

  private static List<PolicyProgramSpec.Peers> peers(Peers peers) {
    List<List<String>> sets = parts(peers.sets(), Limits.PROGRAM_SETS);
    List<List<IpBlock>> blocks = parts(peers.blocks(), Limits.PROGRAM_CIDRS);
    List<PolicyProgramSpec.Peers> written = new ArrayList<>();
    for (int i = 0; i < Math.max(sets.size(), blocks.size()); i++) {
      written.add(
          new PolicyProgramSpec.Peers(
              i == 0 && peers.anyone(),
              i == 0 && peers.allPods(),
              i < sets.size() ? sets.get(i) : List.of(),
              i < blocks.size()
                  ? blocks.get(i).stream().map(PolicyProgramWriter::block).toList()
                  : List.of()));
    }
    return written;
  }

  private static PolicyProgramSpec.Block block(IpBlock block) {
    return new PolicyProgramSpec.Block(
        block.cidr().toString(), block.except().stream().map(IpPrefix::toString).toList());
  }

  private static PolicyProgramSpec.Port port(PortMatch port) {
    return switch (port) {
      case PortMatch.Range range ->
          new PolicyProgramSpec.Port(
              protocol(range.protocol()),
              range.first(),
              range.last() == range.first() ? null : range.last(),
              null);
      case PortMatch.Named named ->
          new PolicyProgramSpec.Port(
              named.protocol().map(PolicyProgramWriter::protocol).orElse(null),
              null,
              null,
              named.name());
    };
  }

  static PolicyProgramSpec.Protocol protocol(Protocol protocol) {
    return switch (protocol) {
      case TCP -> PolicyProgramSpec.Protocol.TCP;
      case UDP -> PolicyProgramSpec.Protocol.UDP;
      case SCTP -> PolicyProgramSpec.Protocol.SCTP;
    };
  }

  /** At least one part, of an empty list too. */
  private static <T> List<List<T>> parts(List<T> list, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < list.size(); from += size) {
      parts.add(list.subList(from, Math.min(list.size(), from + size)));
    }
    return parts.isEmpty() ? List.of(List.of()) : parts;
  }
}
