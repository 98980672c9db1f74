/**
 * The data path of one node: what the pod network needs in the kernel, kept there.
 *
 * <ul>
 *   <li>this package: what goes in ({@link dev.tweed.dataplane.ClusterSnapshot}), what comes out
 *       ({@link dev.tweed.dataplane.SyncReport}) and the facade {@link
 *       dev.tweed.dataplane.DataPath};
 *   <li>{@code plan}: desired and actual state, the difference, rendered rules; pure;
 *   <li>{@code kernel}: reads and changes links, routes, sysctls and nftables rules.
 * </ul>
 *
 * <p>Level-triggered: every sync compares all that Tweed owns with the kernel and repairs what
 * differs, whatever the event was. Only what carries a mark of ours is changed or removed. Nothing
 * is removed when the process ends: packets flow on.
 */
package dev.tweed.dataplane;
