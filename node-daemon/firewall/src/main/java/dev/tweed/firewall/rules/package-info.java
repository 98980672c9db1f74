/**
 * Rules of the host's firewall as values, how they become rows that a firewall can hold, and what
 * becomes of policies that would lock out or cannot be had. Pure: no file, no process, no clock.
 */
package dev.tweed.firewall.rules;
