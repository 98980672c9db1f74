package dev.tweed.crds;

import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads a PolicyProgram. What is not understood as a whole is not read at all: a part that is left
 * out could be a condition. Who reads then has no such program, which closes the pods it selects.
 */
public final class PolicyProgramReader {

  private PolicyProgramReader() {}

  /**
   * The program.
   *
   * @throws IllegalArgumentException naming the program and what is wrong with it
   */
  public static Program read(PolicyProgram object) {
    String name = object.getMetadata().getName();
    if (!object.getUnknownValues().isEmpty()) {
      throw bad(name, object.getUnknownValues().getFirst().field() + " has an unknown value");
    }
    return readSpec(name, object.getSpec());
  }

  /**
   * The program of a spec of which every value is known.
   *
   * @throws IllegalArgumentException naming the program and what is wrong with it
   */
  public static Program readSpec(String name, PolicyProgramSpec spec) {
    try {
      return program(name, spec);
    } catch (NullPointerException e) { // absent is also what a value is that is not known
      throw bad(name, "a required field is missing");
    } catch (IllegalArgumentException e) {
      throw bad(name, e.getMessage());
    }
  }

  private static Program program(String name, PolicyProgramSpec spec) {
    if (spec.format() > PolicyProgramSpec.FORMAT) {
      throw new IllegalArgumentException(
          "format " + spec.format() + " is of a newer version; upgrade the daemon");
    }
    return new Program(
        name,
        new PolicyRef(
            switch (spec.policy().kind()) {
              case NetworkPolicy -> PolicyRef.Kind.NETWORK_POLICY;
              case ClusterNetworkPolicy -> PolicyRef.Kind.CLUSTER_NETWORK_POLICY;
            },
            spec.policy().uid(),
            spec.policy().generation()),
        switch (spec.tier()) {
          case Admin -> Tier.ADMIN;
          case NetworkPolicy -> Tier.NETWORK_POLICY;
          case Baseline -> Tier.BASELINE;
        },
        spec.priority() == null ? 0 : spec.priority(),
        spec.isolates().stream()
            .map(
                d ->
                    switch (d) {
                      case Ingress -> Direction.INGRESS;
                      case Egress -> Direction.EGRESS;
                    })
            .collect(Collectors.toSet()),
        rules(spec.ingress()),
        rules(spec.egress()));
  }

  private static List<Rule> rules(List<PolicyProgramSpec.Rule> rules) {
    return rules.stream()
        .map(
            r -> {
              boolean everyPort = Boolean.TRUE.equals(r.everyPort());
              if (everyPort != r.ports().isEmpty()) {
                throw new IllegalArgumentException("a rule is for everyPort or for ports");
              }
              return new Rule(
                  r.rule(),
                  switch (r.action()) {
                    case Accept -> Action.ACCEPT;
                    case Deny -> Action.DENY;
                    case Pass -> Action.PASS;
                  },
                  everyPort,
                  r.ports().stream().map(PolicyProgramReader::port).toList(),
                  peers(r.peers()));
            })
        .toList();
  }

  private static PortMatch port(PolicyProgramSpec.Port port) {
    if (port.name() != null) {
      return new PortMatch.Named(
          Optional.ofNullable(port.protocol()).map(PolicyProgramReader::protocol), port.name());
    }
    int first = port.port();
    return new PortMatch.Range(
        protocol(port.protocol()), first, port.endPort() == null ? first : port.endPort());
  }

  static Protocol protocol(PolicyProgramSpec.Protocol protocol) {
    return switch (protocol) {
      case TCP -> Protocol.TCP;
      case UDP -> Protocol.UDP;
      case SCTP -> Protocol.SCTP;
    };
  }

  private static Peers peers(PolicyProgramSpec.Peers peers) {
    return new Peers(
        Boolean.TRUE.equals(peers.anyone()),
        Boolean.TRUE.equals(peers.allPods()),
        peers.peerSets(),
        peers.cidrs().stream()
            .map(
                b ->
                    new IpBlock(
                        IpPrefix.parse(b.cidr()),
                        b.except().stream().map(IpPrefix::parse).toList()))
            .toList());
  }

  private static IllegalArgumentException bad(String name, String what) {
    return new IllegalArgumentException("PolicyProgram " + name + ": " + what);
  }
}
