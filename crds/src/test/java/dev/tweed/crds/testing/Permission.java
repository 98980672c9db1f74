package dev.tweed.crds.testing;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One verb on one resource that a role grants.
 *
 * @param namespace where; empty for everywhere
 * @param names of objects; empty for all
 */
public record Permission(
    String namespace, String group, String resource, Set<String> names, String verb) {

  /** Those of a role; none of any other object. */
  public static Stream<Permission> of(HasMetadata object) {
    return switch (object) {
      case ClusterRole role -> of("", role.getRules());
      case Role role -> of(role.getMetadata().getNamespace(), role.getRules());
      default -> Stream.of();
    };
  }

  private static Stream<Permission> of(String namespace, List<PolicyRule> rules) {
    return rules.stream()
        .flatMap(
            rule ->
                rule.getApiGroups().stream()
                    .flatMap(
                        group ->
                            rule.getResources().stream()
                                .flatMap(
                                    resource ->
                                        rule.getVerbs().stream()
                                            .map(
                                                verb ->
                                                    new Permission(
                                                        namespace,
                                                        group,
                                                        resource,
                                                        Set.copyOf(rule.getResourceNames()),
                                                        verb)))));
  }

  /** Whether a request needs it. */
  public boolean isNeededFor(AuditLog.Request request) {
    return (verb.equals(request.verb()) || verb.equals("create") && request.created())
        && group.equals(request.group())
        && resource.equals(request.resource())
        && (namespace.isEmpty() || namespace.equals(request.namespace()))
        && (names.isEmpty() || names.contains(request.name()));
  }
}
