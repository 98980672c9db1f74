/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Pods of two nodes, past bridge, netfilter and (where it can) the tunnel device, and pods of one node past bridge and
 * netfilter. docs/fastpath.md has the picture.
 *
 *   pod -> [from_pod] -> ordinary path -> [to_peer] -> tunnel device -> underlay
 *   underlay -> [from_wire] -> tunnel device -> [from_tunnel] -> ordinary path -> [to_pod] -> pod
 *   pod -> [from_pod] -> ordinary path -> [to_peer] -> underlay     where a plain route leads to the peer
 *   underlay -> [from_wire] -> ordinary path -> [to_pod] -> pod     the same
 *   pod -> [from_pod] -> bridge -> [to_pod] -> pod                  of one node
 *
 * The rule: a packet skips the ordinary path only if a packet of the same flow, in the same direction, from or to the
 * same device, has lately come out of it unchanged. from_pod, from_tunnel and from_wire stand before netfilter and tag
 * what is not proven with a digest of its flow; to_peer and to_pod stand behind it, and prove the flow of a packet
 * whose tag still fits. What netfilter translates has another flow then, what it drops does not arrive. So
 * Services, masquerade and policies of anybody need no word here. Everything that is not certain is ORDINARY, with the
 * packet untouched.
 */
#include "packet.h"

#define FLOWS 65536
#define PEERS 65536
#define PODS 4096
#define LOOPBACK 1 /* its index in every network namespace */
#define PACKET_HOST 0 /* of linux/if_packet.h */

/* Of linux/bpf.h since 6.6 and 6.3; Debian 12's headers are older, its kernel refuses with a clear word. */
#define ORDINARY (-1) /* TCX_NEXT: go on as if there were no program */
#define DECAP_L3_IPV4 (1ULL << 7)
#define DECAP_L3_IPV6 (1ULL << 8)

#define VXLAN_I 0x08000000 /* the only flag of RFC 7348 */

/* Numbers the daemon writes. MACs and addresses are in network byte order, everything else in the host's. */
struct settings {
	__u32 generation;     /* proofs of another generation are void */
	__u32 tunnel;         /* index of the VXLAN device, 0 if there is none */
	__u64 renewal;        /* nanoseconds a proof holds */
	__be32 local;         /* IPv4 underlay address of this node; 0: the tunnel device does the encapsulation */
	__be32 vni;           /* as in the header: network identifier << 8 */
	__u32 lower;          /* index of the device the tunnel is bound to, 0 if none */
	__u32 bridge;         /* index of the pods' bridge; 0: there is no peer that a plain route leads to */
	__be16 port;          /* of the tunnel */
	__u16 low_port;       /* source ports of the outer header, as the kernel's VXLAN picks them */
	__u16 ports;          /* how many of them */
	__u16 pad;
};

struct peer_key {
	__u32 length; /* of the prefix in bits; IPv4's is counted from 96 */
	struct address address;
};

/* A block of another node. */
struct peer {
	__u8 macs[12];   /* destination and source of the inner Ethernet header */
	__u32 mtu;       /* the longest packet */
	__be32 underlay; /* IPv4 address of the node; 0: only the tunnel device knows the way */
	__u32 wire;      /* index of the underlay device, if packets are routed there plainly; 0: they are not */
};

/* A pod of this node. */
struct pod {
	__u32 device; /* index of its host-side veth */
	__u8 mac[6];
	__u8 gateway[6]; /* MAC of the bridge */
	__u32 tapped; /* whether somebody listens on the device, to see every packet */
};

/* That a flow has passed netfilter, by direction. */
struct proof {
	struct {
		__u64 until; /* coarse monotonic clock, ns */
		__u32 generation;
		__u32 device; /* of the pod it was about: an address that is used anew proves anew */
		__u32 other;  /* device it came from, or left by: tunnel, wire, or of another pod of this node */
		__u32 pad;
	} direction[2];
};

enum counter {
	SENT_TUNNEL,     /* fast to the tunnel device */
	SENT_WIRE,       /* fast to the underlay, encapsulated here */
	RECEIVED_TUNNEL, /* fast from the tunnel device */
	RECEIVED_WIRE,   /* fast from the underlay, decapsulated here */
	SENT_ROUTED,     /* fast to the underlay, without a tunnel */
	RECEIVED_ROUTED, /* fast from the underlay, without a tunnel */
	SWITCHED,        /* fast to another pod of this node */
	/* Slow, of packets between a pod with the fast path and a peer: */
	SENT_UNPROVEN,
	RECEIVED_UNPROVEN,
	SWITCHED_UNPROVEN, /* between pods of this node */
	EDGE,           /* begins or ends a connection */
	TOO_LARGE,      /* for the peer */
	NOT_ENCAPSULATED, /* no next hop, or the kernel refused: the tunnel device took it */
	NO_NEXT_HOP,    /* the kernel's routes give none over the peer's device, or the way is too narrow */
	UNKNOWN_SOURCE, /* a tunnel packet whose outer source is not the node of its inner source */
	COUNTERS
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PEERS);
	__type(key, struct peer_key);
	__type(value, struct peer);
} peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PODS);
	__type(key, struct address);
	__type(value, struct pod);
} pods SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOWS);
	__type(key, struct flow);
	__type(value, struct proof);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u64 *counter = bpf_map_lookup_elem(&counters, &which);

	if (counter)
		++*counter;
}

static __always_inline struct settings *current_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline struct peer *peer_of(const struct address *address)
{
	struct peer_key key = { .length = 128, .address = *address };

	return bpf_map_lookup_elem(&peers, &key);
}

static __always_inline int is_mac(const __u8 *one, const __u8 *other)
{
	return *(__u32 *)one == *(__u32 *)other && *(__u16 *)(one + 4) == *(__u16 *)(other + 4);
}

/* ---- proof ---- */

static __always_inline int is_proven(const struct flow *flow, enum direction direction, __u32 device, __u32 other,
				     const struct settings *s)
{
	struct proof *p = bpf_map_lookup_elem(&flows, flow);

	return p && p->direction[direction].generation == s->generation && p->direction[direction].device == device &&
	       p->direction[direction].other == other && bpf_ktime_get_coarse_ns() < p->direction[direction].until;
}

/* A digest of the flow and the generation: 1..65535. */
static __always_inline __u16 tag_of(const struct flow *flow, enum direction direction, __u32 generation)
{
	const __u32 *word = (const __u32 *)flow;
	__u32 hash = generation * 2 + direction;

#pragma unroll
	for (int i = 0; i < sizeof(*flow) / sizeof(*word); i++) {
		hash = (hash ^ word[i]) * 0x9e3779b1;
		hash ^= hash >> 15;
	}
	hash = (hash ^ hash >> 16) & 0xffff;
	return hash ? hash : 1;
}

/* Behind netfilter: a packet whose tag fits has come through as it was. */
static __always_inline void prove(struct __sk_buff *skb, enum direction direction)
{
	struct settings *s = current_settings();
	struct packet p = {};
	__u16 tag = skb->tc_index;

	if (!tag)
		return;
	skb->tc_index = 0;
	if (!s || !read_packet(skb, ETH_HLEN, skb->protocol, direction, &p) || tag != tag_of(&p.flow, direction, s->generation))
		return;

	struct pod *pod = bpf_map_lookup_elem(&pods, &p.flow.local);

	if (!pod)
		return;
	if (direction == RECEIVING) {
		__u8 *ethernet = bytes(skb, 0, ETH_HLEN);

		if (!ethernet || pod->device != skb->ifindex || !is_mac(ethernet, pod->mac))
			return; /* a pod that has changed its hardware address is the bridge's to find */
	}

	struct proof first = {}, *known = bpf_map_lookup_elem(&flows, &p.flow), *proof = known ? known : &first;

	proof->direction[direction].device = pod->device;
	proof->direction[direction].other = direction == SENDING ? skb->ifindex : skb->ingress_ifindex;
	proof->direction[direction].generation = s->generation;
	proof->direction[direction].until = bpf_ktime_get_coarse_ns() + s->renewal;
	if (!known)
		bpf_map_update_elem(&flows, &p.flow, &first, BPF_NOEXIST);
}

/*
 * Before netfilter: whether this packet may skip it. If not, it is tagged, so that it can prove its flow. A packet that
 * begins or ends a connection proves nothing and voids what was proven: connection tracking sees every handshake and end.
 */
static __always_inline int may_skip(struct __sk_buff *skb, const struct packet *p, enum direction direction, __u32 device,
				    __u32 other, enum counter unproven, const struct settings *s)
{
	if (is_edge(p)) {
		bpf_map_delete_elem(&flows, &p->flow);
		count(EDGE);
		return 0;
	}
	if (is_proven(&p->flow, direction, device, other, s))
		return 1;
	skb->tc_index = tag_of(&p->flow, direction, s->generation);
	count(unproven);
	return 0;
}

/* ---- changes to a packet that goes fast ---- */

/* One hop less, as a router has it. The header is linear: it was read. */
static __always_inline int hop(struct __sk_buff *skb, __u32 offset, int ipv4)
{
	if (ipv4) {
		struct iphdr *ip = (void *)(long)skb->data + offset;

		if ((void *)(ip + 1) > (void *)(long)skb->data_end)
			return 0;

		__u32 sum = ip->check + bpf_htons(0x0100); /* RFC 1624, as ip_decrease_ttl() */

		ip->check = sum + (sum >= 0xffff);
		ip->ttl--;
	} else {
		struct ipv6hdr *ip = (void *)(long)skb->data + offset;

		if ((void *)(ip + 1) > (void *)(long)skb->data_end)
			return 0;
		ip->hop_limit--;
		/* A NIC may have summed the whole packet. (The same of IPv4 is made up for by its own checksum.) */
		bpf_csum_update(skb, (__u16)~bpf_htons(1));
	}
	return 1;
}

/* For the queues of the underlay device, as ip_forward() has it: ip_tos2prio of net/ipv4/route.c is 0, 2, 6, 4. */
static __always_inline __u32 priority_of(const struct packet *p)
{
	__u32 wish = is_ipv4(&p->flow.local) ? p->traffic_class >> 3 & 3 : 0;

	return (wish ^ wish >> 1) * 2;
}

static __always_inline int set_macs(struct __sk_buff *skb, const __u8 *macs)
{
	void *data = (void *)(long)skb->data;

	if (data + ETH_HLEN > (void *)(long)skb->data_end)
		return 0;
	__builtin_memcpy(data, macs, 2 * ETH_ALEN);
	return 1;
}

/* To the pod: past its veth, unless somebody listens there. */
static __always_inline int deliver(const struct pod *pod)
{
	return pod->tapped ? bpf_redirect(pod->device, 0) : bpf_redirect_peer(pod->device, 0);
}

/* ---- own encapsulation (RFC 7348 over IPv4) ---- */

struct vxlanhdr {
	__be32 flags, vni;
};

struct outer {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	struct vxlanhdr vxlan;
	struct ethhdr inner;
} __attribute__((packed));

#define OUTER (sizeof(struct outer) - ETH_HLEN) /* 50: what a packet grows by */

static __always_inline __be16 header_checksum(const struct iphdr *ip)
{
	const __u16 *half = (const __u16 *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < sizeof(*ip) / 2; i++)
		sum += half[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * Encapsulates the packet and sends it on the device that the kernel's routes give. Negative, with the packet as it was,
 * if there is no resolved next hop, the way is too narrow, or the kernel cannot make room.
 */
static __always_inline int send_encapsulated(struct __sk_buff *skb, const struct packet *p, const struct peer *peer,
					     const struct settings *s)
{
	__u8 ecn = p->traffic_class & ECN;
	__u32 hash = bpf_get_hash_recalc(skb), length = skb->len - ETH_HLEN + OUTER;
	/* udp_flow_src_port(): the ordinary path's packets of this flow have the same */
	__be16 source_port = bpf_htons(s->low_port + (((__u64)(__u32)(hash ^ hash << 16) * s->ports) >> 32));
	struct bpf_fib_lookup route = {
		.family = 2, /* AF_INET */
		.l4_protocol = IPPROTO_UDP,
		.sport = source_port,
		.dport = s->port,
		.tot_len = wire_length(skb, ETH_HLEN, p) + OUTER,
		.ifindex = LOOPBACK, /* as a packet of the host itself */
		.ipv4_src = s->local,
		.ipv4_dst = peer->underlay,
	};

	if (length > 0xffff || bpf_fib_lookup(skb, &route, sizeof(route), 0) || (s->lower && route.ifindex != s->lower))
		return -1;

	struct outer o = {
		.ip = {
			.version = 4,
			.ihl = 5,
			.tos = ecn == CONGESTED ? 2 : ecn, /* RFC 6040 compatibility mode, as INET_ECN_encapsulate() */
			.tot_len = bpf_htons(length),
			.id = bpf_get_prandom_u32(), /* may be fragmented on the way, as the tunnel device's may */
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.saddr = s->local,
			.daddr = peer->underlay,
		},
		.udp = {
			.source = source_port,
			.dest = s->port,
			.len = bpf_htons(length - sizeof(struct iphdr)),
			.check = 0, /* RFC 7348, 5: SHOULD be zero; the inner sums are end to end */
		},
		.vxlan = { .flags = bpf_htonl(VXLAN_I), .vni = s->vni },
		.inner = { .h_proto = skb->protocol },
	};

	__builtin_memcpy(o.ethernet.h_dest, route.dmac, ETH_ALEN);
	__builtin_memcpy(o.ethernet.h_source, route.smac, ETH_ALEN);
	o.ethernet.h_proto = bpf_htons(ETH_P_IP);
	o.ip.check = header_checksum(&o.ip);
	__builtin_memcpy(o.inner.h_dest, peer->macs, 2 * ETH_ALEN);
	if (bpf_skb_adjust_room(skb, OUTER, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
					BPF_F_ADJ_ROOM_ENCAP_L2_ETH | BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN)))
		return -1;
	if (bpf_skb_store_bytes(skb, 0, &o, sizeof(o), 0) || !hop(skb, sizeof(o), is_ipv4(&p->flow.local)))
		return TC_ACT_SHOT; /* cannot be: the room was made just now */
	count(SENT_WIRE);
	return bpf_redirect(route.ifindex, 0);
}

/* ---- plain routes ---- */

/*
 * Sends the packet by the kernel's routes. Negative, with the packet as it was, if they lead elsewhere, there is no
 * resolved next hop, or the way is too narrow.
 */
static __always_inline int send_routed(struct __sk_buff *skb, const struct packet *p, const struct peer *peer,
				       const struct settings *s)
{
	struct bpf_fib_lookup route = {
		.l4_protocol = p->flow.protocol,
		.sport = p->flow.local_port,
		.dport = p->flow.remote_port,
		.tot_len = wire_length(skb, ETH_HLEN, p),
		.ifindex = s->bridge, /* as a packet that is forwarded */
	};

	if (is_ipv4(&p->flow.local)) {
		route.family = 2; /* AF_INET */
		route.tos = p->traffic_class;
		route.ipv4_src = p->flow.local.word[3];
		route.ipv4_dst = p->flow.remote.word[3];
	} else {
		route.family = 10; /* AF_INET6 */
		route.flowinfo = bpf_htonl((__u32)p->traffic_class << 20);
		__builtin_memcpy(route.ipv6_src, &p->flow.local, sizeof(struct address));
		__builtin_memcpy(route.ipv6_dst, &p->flow.remote, sizeof(struct address));
	}
	if (bpf_fib_lookup(skb, &route, sizeof(route), 0) || route.ifindex != peer->wire)
		return -1;

	struct ethhdr *ethernet = (void *)(long)skb->data;

	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT; /* cannot be: it was read */
	__builtin_memcpy(ethernet->h_dest, route.dmac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, route.smac, ETH_ALEN);
	if (!hop(skb, ETH_HLEN, is_ipv4(&p->flow.local)))
		return TC_ACT_SHOT;
	count(SENT_ROUTED);
	return bpf_redirect(route.ifindex, 0);
}

static __always_inline int receive_routed(struct __sk_buff *skb, const struct settings *s)
{
	struct packet p = {};

	if (!read_packet(skb, ETH_HLEN, skb->protocol, RECEIVING, &p))
		return ORDINARY;

	struct pod *pod = bpf_map_lookup_elem(&pods, &p.flow.local);
	struct peer *peer = pod ? peer_of(&p.flow.remote) : 0;

	if (!peer || peer->wire != skb->ifindex)
		return ORDINARY;
	skb->tc_index = 0;
	if (!may_skip(skb, &p, RECEIVING, pod->device, skb->ifindex, RECEIVED_UNPROVEN, s))
		return ORDINARY;
	if (!set_macs(skb, pod->mac) || !hop(skb, ETH_HLEN, is_ipv4(&p.flow.local)))
		return TC_ACT_SHOT; /* cannot be: both were read */
	count(RECEIVED_ROUTED);
	return deliver(pod);
}

/* ---- pods of this node ---- */

/* To a pod on the same bridge, where a packet arrives as it is. Its flow is proven as the pod sees it that receives it. */
static __always_inline int switch_packet(struct __sk_buff *skb, const struct packet *sent, const struct pod *from,
					 const struct settings *s)
{
	struct pod *to = bpf_map_lookup_elem(&pods, &sent->flow.remote);
	__u8 *ethernet = to ? bytes(skb, 0, ETH_HLEN) : 0;

	if (!ethernet || !is_mac(ethernet, to->mac) || !is_mac(ethernet + ETH_ALEN, from->mac))
		return ORDINARY; /* the bridge's to learn, to flood or to route */

	struct packet p = {
		.flow = {
			.local = sent->flow.remote,
			.remote = sent->flow.local,
			.local_port = sent->flow.remote_port,
			.remote_port = sent->flow.local_port,
			.protocol = sent->flow.protocol,
		},
		.tcp_flags = sent->tcp_flags,
	};

	if (!may_skip(skb, &p, RECEIVING, to->device, from->device, SWITCHED_UNPROVEN, s) ||
	    bpf_skb_change_type(skb, PACKET_HOST))
		return ORDINARY;
	count(SWITCHED);
	return deliver(to);
}

/* ---- sending ---- */

/* On a pod's host-side veth, from the pod. */
SEC("tc")
int from_pod(struct __sk_buff *skb)
{
	struct settings *s = current_settings();
	struct packet p = {};

	skb->tc_index = 0; /* whatever the pod wrote there */
	if (!s || skb->vlan_present || !read_packet(skb, ETH_HLEN, skb->protocol, SENDING, &p))
		return ORDINARY;

	struct pod *pod = bpf_map_lookup_elem(&pods, &p.flow.local);

	if (!pod || pod->device != skb->ifindex)
		return ORDINARY; /* not the pod's own address */

	struct peer *peer = peer_of(&p.flow.remote);

	if (!peer)
		return switch_packet(skb, &p, pod, s);

	__u8 *ethernet = bytes(skb, 0, ETH_HLEN);

	if (!ethernet || !is_mac(ethernet, pod->gateway))
		return ORDINARY; /* not for the gateway: the bridge's to switch */
	if (wire_length(skb, ETH_HLEN, &p) > peer->mtu) {
		count(TOO_LARGE);
		return ORDINARY;
	}
	if (!may_skip(skb, &p, SENDING, pod->device, peer->wire ? peer->wire : s->tunnel, SENT_UNPROVEN, s))
		return ORDINARY;
	skb->priority = priority_of(&p);
	if (peer->wire) {
		int verdict = send_routed(skb, &p, peer, s);

		if (verdict >= 0)
			return verdict;
		count(NO_NEXT_HOP);
		return ORDINARY;
	}
	if (s->local && peer->underlay) {
		int verdict = send_encapsulated(skb, &p, peer, s);

		if (verdict >= 0)
			return verdict;
		count(NOT_ENCAPSULATED);
	}
	if (!set_macs(skb, peer->macs) || !hop(skb, ETH_HLEN, is_ipv4(&p.flow.local)))
		return TC_ACT_SHOT; /* cannot be: both were read */
	count(SENT_TUNNEL);
	return bpf_redirect(s->tunnel, 0);
}

/* To another node: on the tunnel device, or on the underlay device, where a plain route leads there. */
SEC("tc")
int to_peer(struct __sk_buff *skb)
{
	prove(skb, SENDING);
	return ORDINARY;
}

/* ---- receiving ---- */

/* On the tunnel device, from another node. */
SEC("tc")
int from_tunnel(struct __sk_buff *skb)
{
	struct settings *s = current_settings();
	struct packet p = {};

	skb->tc_index = 0;
	if (!s || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    !read_packet(skb, ETH_HLEN, skb->protocol, RECEIVING, &p))
		return ORDINARY;

	struct pod *pod = bpf_map_lookup_elem(&pods, &p.flow.local);

	if (!pod || !may_skip(skb, &p, RECEIVING, pod->device, s->tunnel, RECEIVED_UNPROVEN, s))
		return ORDINARY;
	if (!set_macs(skb, pod->mac) || !hop(skb, ETH_HLEN, is_ipv4(&p.flow.local)))
		return TC_ACT_SHOT;
	count(RECEIVED_TUNNEL);
	return deliver(pod);
}

/* A packet of the tunnel to this node, or 0. */
static __always_inline struct outer *read_outer(struct __sk_buff *skb, const struct settings *s)
{
	struct outer *o = s->local && skb->protocol == bpf_htons(ETH_P_IP) ? bytes(skb, 0, sizeof(*o)) : 0;

	if (!o || o->ip.version != 4 || o->ip.ihl != 5 || o->ip.protocol != IPPROTO_UDP || o->ip.daddr != s->local ||
	    o->ip.frag_off & FRAGMENT || o->udp.dest != s->port || o->vxlan.flags != bpf_htonl(VXLAN_I) ||
	    o->vxlan.vni != s->vni)
		return 0;
	return o;
}

/* On the underlay device, from another node: by the tunnel, or plainly. Whatever else arrives there is left alone. */
SEC("tc")
int from_wire(struct __sk_buff *skb)
{
	struct settings *s = current_settings();
	struct packet p = {};

	if (!s || skb->vlan_present || skb->pkt_type != PACKET_HOST)
		return ORDINARY;

	struct outer *o = read_outer(skb, s);

	if (!o)
		return s->bridge ? receive_routed(skb, s) : ORDINARY;
	if ((o->ip.tos & ECN) == CONGESTED)
		return ORDINARY; /* the tunnel device copies the mark inwards */

	__be32 source = o->ip.saddr;
	__be16 protocol = o->inner.h_proto;

	if (!read_packet(skb, sizeof(*o), protocol, RECEIVING, &p) || is_edge(&p))
		return ORDINARY;
	if (skb->gso_size && p.flow.protocol == IPPROTO_UDP)
		return ORDINARY; /* would stay marked as a tunnel's, and be cut for the pod's socket as one */

	struct pod *pod = bpf_map_lookup_elem(&pods, &p.flow.local);

	if (!pod || !is_proven(&p.flow, RECEIVING, pod->device, s->tunnel, s))
		return ORDINARY; /* from_tunnel looks again, and tags */

	struct peer *peer = peer_of(&p.flow.remote);

	if (peer && peer->wire)
		return ORDINARY; /* not by the tunnel, as this node sees it */
	if (!peer || peer->underlay != source) {
		count(UNKNOWN_SOURCE);
		return ORDINARY;
	}
	if (bpf_skb_adjust_room(skb, -(int)OUTER, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET |
					(protocol == bpf_htons(ETH_P_IPV6) ? DECAP_L3_IPV6 : DECAP_L3_IPV4)))
		return ORDINARY;
	bpf_csum_level(skb, BPF_CSUM_LEVEL_DEC); /* what the NIC says of the outer sum says nothing of the inner */

	struct ethhdr *ethernet = (void *)(long)skb->data;

	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end || !hop(skb, ETH_HLEN, protocol == bpf_htons(ETH_P_IP)))
		return TC_ACT_SHOT;
	__builtin_memcpy(ethernet, pod->mac, 2 * ETH_ALEN);
	ethernet->h_proto = protocol;
	count(RECEIVED_WIRE);
	return deliver(pod);
}

/* On a pod's host-side veth, to the pod. */
SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	prove(skb, RECEIVING);
	return ORDINARY;
}

char _license[] SEC("license") = "GPL";
