package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** What an exception of the client means for whoever made the request. */
enum ApiFailure {
  /** 404 or 410. */
  GONE,
  /** 409: it exists, or it changed since it was read. */
  CONFLICT,
  /** Other 4xx: the same request would be refused again. */
  REFUSED,
  /** 429, 5xx, time-out, connection lost and the like: nobody knows what became of it. */
  UNKNOWN;

  static ApiFailure of(RuntimeException e) {
    int code = e instanceof KubernetesClientException answer ? answer.getCode() : 0;
    if (code == 404 || code == 410) {
      return GONE;
    }
    if (code == 409) {
      return CONFLICT;
    }
    return code >= 400 && code < 500 && code != 408 && code != 429 ? REFUSED : UNKNOWN;
  }

  /** The API server's own words, in one line. */
  static String message(KubernetesClientException e) {
    String text =
        e.getStatus() != null && e.getStatus().getMessage() != null
            ? e.getStatus().getMessage()
            : String.valueOf(e.getMessage());
    return text.replaceAll("\\s+", " ");
  }
}
