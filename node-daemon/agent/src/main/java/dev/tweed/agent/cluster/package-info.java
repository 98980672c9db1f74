/**
 * What the daemon knows of the cluster: compact records of the watched objects, how they are
 * watched, and how they become a {@code ClusterSnapshot}.
 */
package dev.tweed.agent.cluster;
