package dev.tweed.firewall.nft;

/**
 * A table as text.
 *
 * @param name of the table
 * @param text for {@code nft -f}: replaces the table by this one
 * @param rules how many it has, without that of the seal
 * @param seal says what the table was made of
 */
record NftText(String name, String text, int rules, String seal) {}
