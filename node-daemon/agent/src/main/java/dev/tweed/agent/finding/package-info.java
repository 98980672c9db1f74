/** What is wrong or notable on this node, from every part of the daemon. */
package dev.tweed.agent.finding;
