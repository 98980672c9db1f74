/** What {@code ./dev bench} measures on a real cluster; the method is in docs/benchmarks.md. */
package dev.tweed.e2e.bench;
