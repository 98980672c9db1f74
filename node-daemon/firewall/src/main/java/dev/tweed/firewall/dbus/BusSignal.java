package dev.tweed.firewall.dbus;

import java.util.List;

/**
 * A signal.
 *
 * @param sender unique name of who sent it; the bus vouches for it
 * @param method name of the interface, a point, name of the signal
 * @param arguments of signals of the bus itself; none of others
 */
public record BusSignal(String sender, String method, List<Object> arguments) {}
