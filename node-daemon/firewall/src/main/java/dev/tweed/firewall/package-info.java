/**
 * The firewall of the host: which one there is, whether it stands in the way of the pod network,
 * and what to type about it. This version only looks; it changes nothing.
 */
package dev.tweed.firewall;
