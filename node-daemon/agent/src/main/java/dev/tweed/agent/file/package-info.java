/** Files of the host that the daemon writes: whole or not at all, and what is told if not. */
package dev.tweed.agent.file;
