/** What the operator sees of the cluster, and what it does to it: one level-triggered loop. */
package dev.tweed.operator.cluster;
