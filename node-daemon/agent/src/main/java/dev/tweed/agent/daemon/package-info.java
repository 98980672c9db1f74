/** The running daemon: one sync step, and the process around it. */
package dev.tweed.agent.daemon;
