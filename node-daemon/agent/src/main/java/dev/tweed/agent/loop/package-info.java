/** When to synchronise: one thread, level-triggered, coalescing, with back-off on failure. */
package dev.tweed.agent.loop;
