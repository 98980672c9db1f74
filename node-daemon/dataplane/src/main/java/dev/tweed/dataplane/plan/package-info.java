/**
 * What the kernel should hold, what it holds and the steps between the two, as values. No I/O, no
 * clock, no native calls: the same input gives the same output.
 */
package dev.tweed.dataplane.plan;
