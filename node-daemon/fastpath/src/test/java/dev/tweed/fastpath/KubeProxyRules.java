package dev.tweed.fastpath;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What kube-proxy of 2026 (1.35) leaves in a node's netfilter for so many Services of one port,
 * each with one endpoint that is not asked; IPv4. Names and order of chains are its own, so that a
 * packet passes what it passes there.
 */
final class KubeProxyRules {
  private static final String ENDPOINT = "10.77.2.99:8080";

  private KubeProxyRules() {}

  /** For {@code iptables-restore --noflush}. */
  static String iptables(int services) {
    return """
        *filter
        :KUBE-EXTERNAL-SERVICES - [0:0]
        :KUBE-FIREWALL - [0:0]
        :KUBE-FORWARD - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-PROXY-FIREWALL - [0:0]
        :KUBE-SERVICES - [0:0]
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -A INPUT -j KUBE-FIREWALL
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A OUTPUT -j KUBE-FIREWALL
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        COMMIT
        *nat
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-SERVICES - [0:0]
        %s
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
        %s
        -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
        COMMIT
        """
        .replace(
            " -m nfacct --nfacct-name ct_state_invalid_dropped_pkts", "") // a module of its own
        .formatted(
            each(services, ":KUBE-SVC-%1$d - [0:0]\n:KUBE-SEP-%1$d - [0:0]"),
            each(
                services,
                """
                -A KUBE-SERVICES -d 10.96.1.%1$d/32 -p tcp -m comment --comment "shop/s%1$d:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-%1$d
                -A KUBE-SVC-%1$d ! -s 10.77.0.0/16 -d 10.96.1.%1$d/32 -p tcp -m comment --comment "shop/s%1$d:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
                -A KUBE-SVC-%1$d -m comment --comment "shop/s%1$d:http" -j KUBE-SEP-%1$d
                -A KUBE-SEP-%1$d -p tcp -m comment --comment "shop/s%1$d:http" -m tcp -j DNAT --to-destination ENDPOINT"""
                    .replace("ENDPOINT", ENDPOINT)));
  }

  /** For {@code nft -f}. */
  static String nftables(int services) {
    return """
        table ip kube-proxy {
          set cluster-ips { type ipv4_addr; elements = { %s } }
          map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
          map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
          map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
          map service-nodeports { type inet_proto . inet_service : verdict; }
          chain mark-for-masquerade { meta mark set meta mark | 0x00004000; }
          %s
          map service-ips {
            type ipv4_addr . inet_proto . inet_service : verdict
            elements = { %s }
          }
          chain services {
            ip daddr . meta l4proto . th dport vmap @service-ips
            ip daddr 127.0.0.0/8 return
            fib daddr type local meta l4proto . th dport vmap @service-nodeports
          }
          chain masquerading {
            meta mark & 0x00004000 == 0 return
            meta mark set meta mark ^ 0x00004000
            masquerade fully-random
          }
          chain cluster-ips-check { ip daddr @cluster-ips reject; }
          chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
          chain nodeport-endpoints-check { fib daddr type local meta l4proto . th dport vmap @no-endpoint-nodeports; }
          chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
          chain filter-prerouting {
            type filter hook prerouting priority -110; policy accept;
            ct state new jump firewall-check
          }
          chain filter-input {
            type filter hook input priority -110; policy accept;
            ct state new jump nodeport-endpoints-check
            ct state new jump service-endpoints-check
          }
          chain filter-forward {
            type filter hook forward priority -110; policy accept;
            ct state new jump service-endpoints-check
            ct state new jump cluster-ips-check
          }
          chain filter-output {
            type filter hook output priority -110; policy accept;
            ct state new jump service-endpoints-check
            ct state new jump firewall-check
          }
          chain filter-output-post-dnat {
            type filter hook output priority -90; policy accept;
            ct state new jump cluster-ips-check
          }
          chain nat-prerouting { type nat hook prerouting priority -100; policy accept; jump services; }
          chain nat-output { type nat hook output priority -100; policy accept; jump services; }
          chain nat-postrouting { type nat hook postrouting priority srcnat; policy accept; jump masquerading; }
        }
        """
        .formatted(
            IntStream.rangeClosed(1, services)
                .mapToObj("10.96.1.%d"::formatted)
                .collect(Collectors.joining(", ")),
            each(
                services,
                """
                chain endpoint-%1$d { meta l4proto tcp dnat to ENDPOINT; }
                chain service-%1$d {
                  ip daddr 10.96.1.%1$d tcp dport 80 ip saddr != 10.77.0.0/16 jump mark-for-masquerade
                  numgen random mod 1 vmap { 0 : goto endpoint-%1$d }
                }"""
                    .replace("ENDPOINT", ENDPOINT)),
            IntStream.rangeClosed(1, services)
                .mapToObj("10.96.1.%1$d . tcp . 80 : goto service-%1$d"::formatted)
                .collect(Collectors.joining(", ")));
  }

  private static String each(int services, String rules) {
    return IntStream.rangeClosed(1, services)
        .mapToObj(rules::formatted)
        .collect(Collectors.joining("\n"));
  }
}
