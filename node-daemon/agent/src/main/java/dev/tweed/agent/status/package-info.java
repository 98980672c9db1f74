/**
 * What the daemon tells of this node: to the API, to files, to people, to probes and Prometheus.
 */
package dev.tweed.agent.status;
