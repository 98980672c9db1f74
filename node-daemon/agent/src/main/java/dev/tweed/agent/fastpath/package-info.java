/** What the module tweed-fastpath is told, and what it says, in the daemon (docs/fastpath.md). */
package dev.tweed.agent.fastpath;
