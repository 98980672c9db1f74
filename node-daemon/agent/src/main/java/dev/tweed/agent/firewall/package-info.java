/** Rules in the host's firewall: kept as FirewallPolicies and the pod network ask. */
package dev.tweed.agent.firewall;
