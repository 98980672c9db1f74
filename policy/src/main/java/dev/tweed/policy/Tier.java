package dev.tweed.policy;

/** Tiers in the order they are asked in ({@code policy.networking.k8s.io/v1beta1}). */
public enum Tier {
  /** ClusterNetworkPolicies nobody can override. */
  ADMIN,
  /** {@code networking.k8s.io/v1} NetworkPolicies: final for every pod that one isolates. */
  NETWORK_POLICY,
  /** ClusterNetworkPolicies for what no other tier has decided. */
  BASELINE
}
