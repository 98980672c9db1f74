/**
 * The host's firewall: from FirewallPolicies and what the network needs to rows in force, in a
 * thread of its own that the data path never waits for.
 */
package dev.tweed.agent.firewall;
