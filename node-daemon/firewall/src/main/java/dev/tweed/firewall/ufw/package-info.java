/**
 * ufw's own rule files and chains. The format of the files is that of ufw 0.36 (user.rules and
 * user6.rules in /etc/ufw): a tuple in a comment for each rule, which ufw reads back, and the lines
 * for iptables-restore that stand for it, which the kernel gets.
 */
package dev.tweed.firewall.ufw;
