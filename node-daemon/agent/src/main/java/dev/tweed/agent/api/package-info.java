/**
 * The daemon's own client of the Kubernetes API: list and watch, reads, server-side apply, over
 * HTTP/1.1 and TLS (docs/adr/0007-own-api-client.md).
 */
package dev.tweed.agent.api;
