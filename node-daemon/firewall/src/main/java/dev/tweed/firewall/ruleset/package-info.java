/**
 * The kernel's packet filter as {@code nft -j} lists it, and what it does to a packet. Pure: no
 * I/O.
 *
 * <p>Every firewall manager ends here (ufw and Docker through iptables-nft, firewalld directly), so
 * one evaluator answers for all of them, and for rules people wrote by hand.
 */
package dev.tweed.firewall.ruleset;
