package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ServerEndpoint;
import java.util.List;

/**
 * What is kept of an EndpointSlice of the API server.
 *
 * @param endpoints those that can be used, at most 16
 */
record EndpointRecord(String name, List<ServerEndpoint> endpoints) {
  EndpointRecord {
    endpoints = List.copyOf(endpoints);
  }
}
