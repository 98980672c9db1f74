/**
 * Rows in chains of our own, in the filter table of iptables: for hosts whose firewall a person
 * made with it. {@link dev.tweed.firewall.iptables.IptablesPrograms} runs its programs, for ufw
 * too.
 */
package dev.tweed.firewall.iptables;
