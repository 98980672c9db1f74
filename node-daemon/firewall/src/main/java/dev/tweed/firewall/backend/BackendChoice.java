package dev.tweed.firewall.backend;

import java.util.Optional;

/**
 * Where rows go.
 *
 * @param kind the firewall that holds them; empty if none can
 * @param obstacle CamelCase, for machines, if none can
 * @param reason why there, or why nowhere; one sentence for people
 * @param standby a firewall that is switched off and is to find the rows when it is switched on
 */
public record BackendChoice(
    Optional<BackendKind> kind,
    Optional<String> obstacle,
    String reason,
    Optional<BackendKind> standby) {

  static BackendChoice in(BackendKind kind, String reason) {
    return new BackendChoice(Optional.of(kind), Optional.empty(), reason, Optional.empty());
  }

  static BackendChoice nowhere(String obstacle, String reason) {
    return new BackendChoice(Optional.empty(), Optional.of(obstacle), reason, Optional.empty());
  }

  BackendChoice withStandby(BackendKind kind) {
    return new BackendChoice(this.kind, obstacle, reason, Optional.of(kind));
  }
}
