/**
 * rtnetlink(7) messages to and from bytes. Pure: works on the buffers it is given. Bytes from the
 * kernel that make no sense end in {@link dev.tweed.netlink.NetlinkException}, never in another
 * exception; attributes not known here are skipped.
 */
package dev.tweed.netlink.codec;
