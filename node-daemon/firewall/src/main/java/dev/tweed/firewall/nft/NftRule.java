package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;

/**
 * A rule of a person.
 *
 * @param row one of those it stands for, which all do the same
 * @param match with which packets
 */
record NftRule(FilterRow row, NftMatch match) {}
