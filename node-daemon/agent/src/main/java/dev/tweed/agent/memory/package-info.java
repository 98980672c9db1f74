/** What survives a restart of the daemon and of the node: files of the state directory. */
package dev.tweed.agent.memory;
