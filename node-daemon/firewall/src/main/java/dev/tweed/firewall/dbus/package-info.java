/** A message bus of D-Bus, as little of it as a client needs. */
package dev.tweed.firewall.dbus;
