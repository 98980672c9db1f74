/**
 * Tables of our own in nftables. Rows become the rules of nf_tables that the kernel should have,
 * and what differs from those it has is changed by netlink, in one transaction.
 */
package dev.tweed.firewall.nft;
