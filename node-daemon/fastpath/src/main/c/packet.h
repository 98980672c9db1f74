/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the fast path looks at in a packet: a plain IPv4 or IPv6 header and a TCP or UDP header behind it.
 * Nothing here changes a packet.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define FRAGMENT bpf_htons(0xbfff) /* offset, more fragments, and the reserved bit; all but "don't fragment" */
#define ECN 3 /* its bits in the traffic class (RFC 3168) */
#define CONGESTED 3 /* the codepoint CE there */

/* An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct address {
	__be32 word[4];
};

/* Two sockets, as the local pod sees them. */
struct flow {
	struct address local, remote;
	__be16 local_port, remote_port;
	__u32 protocol;
};

enum direction { SENDING, RECEIVING };

struct packet {
	struct flow flow;
	__u32 headers;   /* bytes of the network and the transport header, which each segment carries */
	__u8 tcp_flags;  /* 0 for UDP */
	__u8 traffic_class;
};

static __always_inline int is_ipv4(const struct address *a)
{
	return !a->word[0] && !a->word[1] && a->word[2] == bpf_htonl(0xffff);
}

static __always_inline void set_ipv4(struct address *a, __be32 ipv4)
{
	a->word[0] = 0;
	a->word[1] = 0;
	a->word[2] = bpf_htonl(0xffff);
	a->word[3] = ipv4;
}

static __always_inline void set_ipv6(struct address *a, const struct in6_addr *ipv6)
{
	__builtin_memcpy(a, ipv6, sizeof(*a));
}

/* These bytes of the packet, made linear if need be; 0 where the packet is shorter. Earlier pointers become invalid. */
static __always_inline void *bytes(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	if ((void *)(long)skb->data + offset + length > (void *)(long)skb->data_end) {
		if (bpf_skb_pull_data(skb, offset + length))
			return 0;
		if ((void *)(long)skb->data + offset + length > (void *)(long)skb->data_end)
			return 0;
	}
	return (void *)(long)skb->data + offset;
}

/* Reads the header of this protocol at this offset, which is behind a network header of this many bytes. */
static __always_inline int read_transport(struct __sk_buff *skb, __u32 offset, __u32 network, enum direction direction,
					  struct packet *p)
{
	__be16 source, destination;

	if (p->flow.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = bytes(skb, offset, sizeof(*tcp));

		if (!tcp || tcp->doff < 5)
			return 0;
		source = tcp->source;
		destination = tcp->dest;
		p->tcp_flags = ((__u8 *)tcp)[13];
		p->headers = network + tcp->doff * 4;
	} else if (p->flow.protocol == IPPROTO_UDP) {
		struct udphdr *udp = bytes(skb, offset, sizeof(*udp));

		if (!udp)
			return 0;
		source = udp->source;
		destination = udp->dest;
		p->tcp_flags = 0;
		p->headers = network + sizeof(*udp);
	} else {
		return 0;
	}
	p->flow.local_port = direction == SENDING ? source : destination;
	p->flow.remote_port = direction == SENDING ? destination : source;
	return 1;
}

/*
 * Reads the packet whose network header is at this offset. False for everything that needs the whole stack: options,
 * extension headers, fragments, a hop count that ends here, and what is neither TCP nor UDP.
 */
static __always_inline int read_packet(struct __sk_buff *skb, __u32 offset, __be16 ethertype, enum direction direction,
				       struct packet *p)
{
	struct address *source = direction == SENDING ? &p->flow.local : &p->flow.remote;
	struct address *destination = direction == SENDING ? &p->flow.remote : &p->flow.local;

	if (ethertype == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = bytes(skb, offset, sizeof(*ip));

		if (!ip || ip->version != 4 || ip->ihl != 5 || ip->ttl < 2 || ip->frag_off & FRAGMENT)
			return 0;
		set_ipv4(source, ip->saddr);
		set_ipv4(destination, ip->daddr);
		p->flow.protocol = ip->protocol;
		p->traffic_class = ip->tos;
		return read_transport(skb, offset + sizeof(*ip), sizeof(*ip), direction, p);
	}
	if (ethertype == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = bytes(skb, offset, sizeof(*ip));

		if (!ip || ip->version != 6 || ip->hop_limit < 2)
			return 0;
		set_ipv6(source, &ip->saddr);
		set_ipv6(destination, &ip->daddr);
		if (is_ipv4(source) || is_ipv4(destination))
			return 0; /* would be taken for an IPv4 flow */
		p->flow.protocol = ip->nexthdr;
		p->traffic_class = ip->priority << 4 | ip->flow_lbl[0] >> 4;
		return read_transport(skb, offset + sizeof(*ip), sizeof(*ip), direction, p);
	}
	return 0;
}

/* Bytes of the largest packet this becomes on a wire, from its network header on. */
static __always_inline __u32 wire_length(struct __sk_buff *skb, __u32 offset, const struct packet *p)
{
	return skb->gso_size ? p->headers + skb->gso_size : skb->len - offset;
}

/* Whether the packet begins or ends a connection. */
static __always_inline int is_edge(const struct packet *p)
{
	return p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
}
