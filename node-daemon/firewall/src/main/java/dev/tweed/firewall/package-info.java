/**
 * The firewall of the host: which one there is, whether it stands in the way of the pod network,
 * and what to type about it. Rules for it are in {@link dev.tweed.firewall.rules}; the firewalls
 * that hold them are behind {@link dev.tweed.firewall.backend}.
 */
package dev.tweed.firewall;
