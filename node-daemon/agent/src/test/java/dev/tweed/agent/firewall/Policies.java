package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.agent.cluster.YamlViews;

/** Policies of one rule, named {@code rule}. */
final class Policies {

  private Policies() {}

  static PolicyRecord allowing(String name, int generation, String port) {
    return allowing(name, generation, port, "");
  }

  static PolicyRecord allowing(String name, int generation, String port, String comment) {
    return policy(name, generation, "Allow", port, comment);
  }

  static PolicyRecord denying(String name, int port) {
    return policy(name, 1, "Deny", String.valueOf(port), "");
  }

  private static PolicyRecord policy(
      String name, int generation, String action, String port, String comment) {
    return YamlViews.policy(
        """
        kind: FirewallPolicy
        apiVersion: tweed.dev/v1alpha1
        metadata: {name: %1$s, uid: uid-%1$s, generation: %2$d}
        spec:
          nodeSelector: {}
          rules:
          - {name: rule, direction: In, action: %3$s, protocol: TCP, ports: [{port: %4$s}], comment: "%5$s"}
        """
            .formatted(name, generation, action, port, comment));
  }
}
