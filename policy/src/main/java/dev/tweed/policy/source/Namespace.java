package dev.tweed.policy.source;

import java.util.Map;
import java.util.Objects;

/** A namespace with its labels ({@code kubernetes.io/metadata.name} among them). */
public record Namespace(String name, Map<String, String> labels) {
  public Namespace {
    Objects.requireNonNull(name, "name");
    labels = Map.copyOf(labels);
  }
}
