/**
 * Tables, chains, rules and sets of nf_tables as values, and the requests that change them. How
 * they are written as bytes is in {@code dev.tweed.netlink.codec}.
 *
 * <p>Sets carry no user data: what nft 1.1 writes there, nft before 1.1.1 cannot read, and ends
 * with a fault whatever table it was asked for. Without any, all versions list them.
 */
package dev.tweed.netlink.nft;
