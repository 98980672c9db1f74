package dev.tweed.firewall.rules;

import java.util.Arrays;

/** What a node says of a policy; a backend that refuses has words of its own. */
public enum PolicyReason {
  /** A field holds what cannot be. */
  InvalidRule(true),
  /** IPv4 and IPv6 in one rule. */
  MixedFamilies(true),
  /** An entry stands for more addresses than a row-by-row firewall should have. */
  TooManyAddresses(true),
  /** The node would have too many rows. */
  TooManyRows(true),
  /** A peer selector over a label no PodNetwork mirrors. */
  LabelNotMirrored(true),
  /** A peer names a PodNetwork that does not exist. */
  UnknownPodNetwork(true),
  /** It would cut what keeps the node in reach. */
  WouldLockOut(true),
  /** The same of rules that are in force, and stay. */
  WouldLockOutByNow(false),
  /** It is only tried (mode Audit), and would be refused if it were enforced. */
  RefusedIfEnforced(false),
  /** The firewall of this node cannot say a row. */
  NotSupportedHere(true),
  /** This node matches a peer selector and is in no PodNetwork, so peers do not know it. */
  NodesOutsideNetwork(false),
  /** A selector finds no node. */
  MatchesNobody(false),
  /** A rule of another policy comes first and decides otherwise. */
  Contradicted(false),
  /** A rule of another policy comes first and decides the same. */
  Repeated(false),
  /** A rule allows what may be a NodePort, and one before it refuses that. */
  NodePortClosed(false),
  /** A rule allows what may be a NodePort, and none before it refuses that. */
  NodePortOpen(false),
  /** A rule allows what may be a NodePort, and what takes those here is not asked by filters. */
  NodePortUnseen(false);

  private final boolean refuses;

  PolicyReason(boolean refuses) {
    this.refuses = refuses;
  }

  /** Whether the policy is kept out as a whole. */
  public boolean refuses() {
    return refuses;
  }

  /** Whether a reason is one of a policy that is kept out; backends that fail have others. */
  public static boolean refuses(String reason) {
    return Arrays.stream(values()).anyMatch(r -> r.refuses && r.name().equals(reason));
  }
}
