package dev.tweed.operator.policy;

import dev.tweed.crds.FirewallPolicySpec.Peer;
import dev.tweed.crds.FirewallPolicySpec.Rule;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.UnknownValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Validates policies by what is the same for every node. Daemons do so, too, and use the same
 * reasons, but for Nodes without a NodeSubnet: only the operator sees those.
 */
public final class PolicyValidator {
  private static final int SHOWN = 3;

  private record Problem(boolean refuses, String reason, String message) {}

  private final PolicyInput input;
  private final Map<LabelSelector, List<String>> outside = new HashMap<>();

  public PolicyValidator(PolicyInput input) {
    this.input = input;
  }

  /** Validates a policy. */
  public PolicyValidation validate(PolicyFacts policy) {
    if (!policy.unknownValues().isEmpty()) {
      return unknown(policy.unknownValues().getFirst());
    }
    List<Problem> problems = new ArrayList<>();
    for (Rule rule : policy.spec().rules()) {
      check(rule.name(), "from", rule.from(), problems);
      check(rule.name(), "to", rule.to(), problems);
    }
    List<Problem> refusing = problems.stream().filter(Problem::refuses).toList();
    if (!refusing.isEmpty()) {
      return new PolicyValidation.Refused(refusing.getFirst().reason(), words(refusing));
    }
    return problems.isEmpty()
        ? new PolicyValidation.Good()
        : new PolicyValidation.Notable(problems.getFirst().reason(), words(problems));
  }

  private static PolicyValidation unknown(UnknownValue value) {
    return new PolicyValidation.Refused(
        "UnknownValue",
        "%s%s is not known to this operator, which is older than the CRD: update it"
            .formatted(value.field().isEmpty() ? "" : value.field() + ": ", value.value()));
  }

  private void check(String rule, String side, List<Peer> peers, List<Problem> problems) {
    for (int i = 0; i < peers.size(); i++) {
      String where = "rule %s, %s[%d]: ".formatted(rule, side, i);
      Peer peer = peers.get(i);
      if (peer.podNetwork() != null && !input.networks().contains(peer.podNetwork())) {
        problems.add(
            new Problem(
                true,
                "UnknownPodNetwork",
                where
                    + "there is no PodNetwork %s; create it or correct the name"
                        .formatted(peer.podNetwork())));
      }
      if (peer.nodes() != null) {
        check(where, peer.nodes().selector(), problems);
      }
    }
  }

  private void check(String where, LabelSelector selector, List<Problem> problems) {
    List<String> missing = input.mirrored().missing(selector);
    if (!missing.isEmpty()) {
      problems.add(
          new Problem(
              true,
              "LabelNotMirrored",
              where
                  + "label %s is not mirrored onto NodeSubnets; add it to spec.mirroredNodeLabels of the PodNetworks"
                      .formatted(String.join(", ", missing))));
      return;
    }
    List<String> names = outside.computeIfAbsent(selector, this::outside);
    if (!names.isEmpty()) {
      problems.add(
          new Problem(
              false,
              "NodesOutsideNetwork",
              where
                  + "%s selected by their labels, but without a NodeSubnet that carries them: %s. Their addresses are not in the rule; give them to a PodNetwork that mirrors these labels, or write their addresses as cidr"
                      .formatted(
                          names.size() == 1 ? "1 node" : names.size() + " nodes", some(names))));
    }
  }

  private List<String> outside(LabelSelector selector) {
    if (selector.equals(LabelSelector.everything())) {
      return List.of(); // all nodes of all PodNetworks: nobody is missing
    }
    return input.nodes().stream()
        .filter(n -> selector.matches(n.labels()))
        .filter(n -> !n.isFoundBy(selector))
        .map(PolicyNode::name)
        .toList();
  }

  private static String some(List<String> names) {
    String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
  }

  private static String words(List<Problem> problems) {
    String shown =
        problems.stream().limit(SHOWN).map(Problem::message).collect(Collectors.joining(". "));
    return problems.size() > SHOWN
        ? shown + ". And " + (problems.size() - SHOWN) + " more like these"
        : shown;
  }
}
