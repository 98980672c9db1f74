/**
 * Netlink sockets. The only package with native calls (jnr-ffi). A socket belongs to the network
 * namespace of the thread that opened it, for ever.
 */
package dev.tweed.netlink.socket;
