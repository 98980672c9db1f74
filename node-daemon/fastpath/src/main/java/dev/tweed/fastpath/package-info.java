/**
 * Packets between pods past bridge, netfilter and, where it can be, the tunnel device:
 * docs/fastpath.md, docs/adr/0013-fast-path.md.
 *
 * <p>{@link dev.tweed.fastpath.FastPathPlanner} decides from a {@link dev.tweed.fastpath.NodeView},
 * without any kernel; {@link dev.tweed.fastpath.FastPath} brings the kernel to the plan.
 */
package dev.tweed.fastpath;
