/**
 * Tables of our own in nftables. Rows become a model, the model becomes text, and {@code nft -f}
 * puts it in place of what was there in one transaction.
 */
package dev.tweed.firewall.nft;
