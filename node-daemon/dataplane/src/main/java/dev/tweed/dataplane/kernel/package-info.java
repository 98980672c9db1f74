/**
 * Reads and changes the node: devices, addresses, FDB, neighbours and routes by netlink, sysctls by
 * their files, nftables by nft. Decides nothing.
 */
package dev.tweed.dataplane.kernel;
