package dev.tweed.policy;

/** Which end of a connection a policy judges: the pod that is selected. */
public enum Direction {
  /** Connections to the selected pod; the peer is who opens them. */
  INGRESS,
  /** Connections that the selected pod opens; the peer is who answers. */
  EGRESS
}
