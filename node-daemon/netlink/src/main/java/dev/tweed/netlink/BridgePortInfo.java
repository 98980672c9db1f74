package dev.tweed.netlink;

/**
 * A device as a port of its bridge, as far as a pod network cares.
 *
 * @param hairpin whether a frame may leave by the port it came in by, which a pod needs to reach
 *     itself through a Service ({@code IFLA_BRPORT_MODE}); the bridge keeps it: leaving the bridge
 *     loses it
 * @param listeners how many beside the bridge have asked for every packet of the device, as tcpdump
 *     does ({@code IFLA_PROMISCUITY})
 */
public record BridgePortInfo(boolean hairpin, int listeners) {}
