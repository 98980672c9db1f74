package dev.tweed.agent.api;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where the API server is, by the URL it was configured with.
 *
 * @param tls whether it speaks TLS; without, no credentials are sent
 * @param host name or address without brackets; what its certificate has to be for
 * @param port of it
 * @param path what comes before every path of the API, without a slash at its end
 */
public record ServerLocation(boolean tls, String host, int port, String path) {

  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /**
   * Reads {@code https://host:port/path}.
   *
   * @throws IllegalArgumentException if it is no such URL
   */
  public static ServerLocation of(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw noUrl(url);
    }
    boolean tls = "https".equalsIgnoreCase(uri.getScheme());
    if (uri.getHost() == null || !tls && !"http".equalsIgnoreCase(uri.getScheme())) {
      throw noUrl(url);
    }
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    return new ServerLocation(
        tls,
        uri.getHost().replaceAll("^\\[(.*)]$", "$1"),
        uri.getPort() > 0 ? uri.getPort() : tls ? HTTPS : HTTP,
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
  }

  private static IllegalArgumentException noUrl(String url) {
    return new IllegalArgumentException(
        "the API server's URL '"
            + url
            + "' is not one; give such as https://198.51.100.10:6443 by --api-server or in the"
            + " kubeconfig");
  }

  /** Host and port as they are written in a URL. */
  public String authority() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** The URL. */
  public URI uri() {
    return URI.create((tls ? "https://" : "http://") + authority() + path + "/");
  }
}
