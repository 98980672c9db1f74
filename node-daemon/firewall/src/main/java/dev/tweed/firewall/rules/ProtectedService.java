package dev.tweed.firewall.rules;

import java.util.Arrays;

/** What keeps a node in reach and a cluster together: a policy cuts it only with leave to. */
public enum ProtectedService {
  SSH("SSH", "SSH"),
  API_SERVER("APIServer", "the API server"),
  KUBELET("Kubelet", "the kubelet"),
  ETCD("Etcd", "etcd"),
  TUNNEL("Tunnel", "the tunnel"),
  DNS("DNS", "DNS"),
  DHCP("DHCP", "DHCP"),
  METADATA("Metadata", "the cloud's metadata"),
  PODS("Pods", "packets of pods");

  private final String field;
  private final String text;

  ProtectedService(String field, String text) {
    this.field = field;
    this.text = text;
  }

  /** As {@code spec.allowLockout} spells it. */
  public String field() {
    return field;
  }

  /** For people, as part of a sentence. */
  public String text() {
    return text;
  }

  /**
   * Reads {@link #field}.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static ProtectedService of(String field) {
    return Arrays.stream(values())
        .filter(service -> service.field.equals(field))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("'" + field + "' is no service"));
  }
}
