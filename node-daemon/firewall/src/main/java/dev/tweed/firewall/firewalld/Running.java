package dev.tweed.firewall.firewalld;

/**
 * What firewalld runs, or would after a reload.
 *
 * @param policies all of them
 * @param zones all of them
 */
record Running(Listing policies, Listing zones) {}
