/**
 * Rows in firewalld: policies and zones of our own, in its files and in what it runs, which D-Bus
 * changes and tells of. Everything a person made there is left alone.
 */
package dev.tweed.firewall.firewalld;
