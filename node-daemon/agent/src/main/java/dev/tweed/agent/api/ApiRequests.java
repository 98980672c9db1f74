package dev.tweed.agent.api;

import java.io.IOException;
import java.time.Duration;

/** Sends requests to the API server, one at a time. */
@FunctionalInterface
public interface ApiRequests {

  /**
   * Sends a request and reads the head of the answer, whatever its status. The answer before has to
   * be closed.
   *
   * @param limit how long until the answer has been read to its end; then reading it fails
   * @throws IOException when there is no answer, or what came is none
   */
  HttpAnswer send(ApiRequest request, Duration limit) throws IOException;
}
