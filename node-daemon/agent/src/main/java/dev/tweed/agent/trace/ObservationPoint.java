package dev.tweed.agent.trace;

import java.util.Locale;

/**
 * A place on the way of a probe where packets are counted (as in RFC 7011, 2), in the order of the
 * way. A probe is a UDP datagram from one probe address to the other, answered by an ICMP error.
 */
enum ObservationPoint {
  /** Sent by the probe's socket. */
  SENT,
  /** Out of the bridge, before any rule. */
  BRIDGED,
  /** Past FORWARD. */
  FORWARDED,
  /** Past POSTROUTING, into the tunnel's device. */
  INTO_TUNNEL,
  /** Past POSTROUTING, by any other device. */
  PAST_TUNNEL,
  /** In a packet of the tunnel, before any rule. */
  ENCAPSULATED,
  /** In a packet of the tunnel, past OUTPUT. */
  PASSED_OUTPUT,
  /** In a packet of the tunnel, past POSTROUTING. */
  LEFT,
  /** The same, by another device than that of the node's address. */
  LEFT_ELSEWHERE,

  /** Any packet of the tunnel from the peer's underlay addresses, before any rule. */
  TUNNEL,
  /** The peer's probes in packets of the tunnel, whoever sent these, before any rule. */
  ASK_ARRIVED,
  /** The peer's answers, likewise. */
  ANSWER_ARRIVED,
  /** The peer's probes out of the tunnel, or from the link, before any rule. */
  ASK_DECAPSULATED,
  /** The peer's answers, likewise. */
  ANSWER_DECAPSULATED,
  /** The peer's probes past FORWARD. */
  ASK_FORWARDED,
  /** The peer's answers past FORWARD. */
  ANSWER_FORWARDED,
  /** The peer's probes on the probe device, before any rule. */
  ASK_RECEIVED,
  /** The peer's answers on the probe device, before any rule. */
  ANSWER_RECEIVED,
  /** The peer's probes past INPUT. */
  ASK_DELIVERED,
  /** The peer's answers past INPUT. */
  ANSWER_DELIVERED;

  /** Name of the chain that counts. */
  String chain() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
