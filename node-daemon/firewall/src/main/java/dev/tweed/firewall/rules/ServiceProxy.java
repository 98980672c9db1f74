package dev.tweed.firewall.rules;

/** Who takes packets for NodePorts on a node, and with it which rules are asked about them. */
public enum ServiceProxy {
  /**
   * kube-proxy by iptables or nftables: the destination is translated first, so that filters see a
   * packet that is routed to a pod.
   */
  NETFILTER,
  /**
   * kube-proxy by IPVS: taken after the input hook, so filters see a packet for the node itself.
   */
  IPVS,
  /** No rule of kube-proxy is there: a program in eBPF may take them before any filter. */
  UNSEEN
}
