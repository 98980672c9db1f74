package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import java.util.Optional;

/**
 * How packets of this host itself reach an address.
 *
 * @param linkIndex device they leave by
 * @param gateway next router
 * @param source address they have, unless a program chooses another
 */
public record HostWay(int linkIndex, Optional<IpAddress> gateway, Optional<IpAddress> source) {}
