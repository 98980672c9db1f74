package dev.tweed.policy;

import java.util.Objects;

/** A port of a container of a pod that has a name. */
public record NamedPort(String name, Protocol protocol, int number) {
  public NamedPort {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(protocol, "protocol");
    if (number < 1 || number > 65535) {
      throw new IllegalArgumentException("a port is 1..65535, not " + number);
    }
  }
}
