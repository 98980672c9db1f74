/** Where packets to and from unreached peers are lost: counters of nftables on their way. */
package dev.tweed.agent.trace;
