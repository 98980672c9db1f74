/**
 * Rules of the host's firewall as values, and how they become rows that a firewall can hold. Pure:
 * no file, no process, no clock.
 */
package dev.tweed.firewall.rules;
