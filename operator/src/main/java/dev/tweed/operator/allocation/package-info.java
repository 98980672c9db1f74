/**
 * Who gets which block: a pure function of PodNetworks, Nodes and NodeSubnets. No client, no clock,
 * no I/O in this package; {@link dev.tweed.operator.allocation.AllocationPlanner} is the entrance.
 */
package dev.tweed.operator.allocation;
