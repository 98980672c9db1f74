/**
 * What the kernel's routing tables hold and what may be asked of them, as plain values.
 *
 * <ul>
 *   <li>this package: addresses, kernel objects ({@link dev.tweed.netlink.Link}, {@link
 *       dev.tweed.netlink.Route}...), requests ({@link dev.tweed.netlink.RtRequest}) and the {@link
 *       dev.tweed.netlink.Rtnetlink} interface; no I/O;
 *   <li>{@code codec}: those values to and from rtnetlink(7) bytes; no I/O;
 *   <li>{@code socket}: the sockets, the only place with native calls.
 * </ul>
 *
 * <p>Nothing here logs, keeps static state or knows Kubernetes. Linux only.
 */
package dev.tweed.netlink;
