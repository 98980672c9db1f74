package dev.tweed.netlink;

/**
 * Settings of a device as a port of its bridge ({@code IFLA_BRPORT_*}), as far as a pod network
 * cares. The bridge keeps them, not the device: leaving it loses them, joining starts with the
 * defaults.
 *
 * @param hairpin whether a frame may leave by the port it came in by, which a pod needs to reach
 *     itself through a Service
 */
public record BridgePortInfo(boolean hairpin) {}
