package dev.tweed.agent.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A request.
 *
 * @param method such as GET
 * @param target path and query, encoded
 * @param accept in what form the answer is wanted
 * @param contentType of the body; empty without one
 * @param body empty without one
 */
public record ApiRequest(
    String method, String target, String accept, String contentType, byte[] body) {

  private static final String UNRESERVED = "-._~";
  private static final String JSON = "application/json";
  private static final String METADATA = JSON + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

  /** Reads something. */
  public static ApiRequest get(String target) {
    return new ApiRequest("GET", target, JSON, "", new byte[0]);
  }

  /** Reads the metadata of an object, and nothing else of it. */
  public static ApiRequest metadata(String target) {
    return new ApiRequest("GET", target, METADATA, "", new byte[0]);
  }

  /** Applies a configuration (server-side apply), in JSON, which is YAML too. */
  public static ApiRequest apply(String target, byte[] json) {
    return new ApiRequest("PATCH", target, JSON, "application/apply-patch+yaml", json);
  }

  /** Text as part of a path or a query (RFC 3986, 2.1). */
  public static String encode(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || c >= '0' && c <= '9'
          || UNRESERVED.indexOf(c) >= 0) {
        out.append(c);
      } else {
        out.append("%%%02X".formatted((int) c));
      }
    }
    return out.toString();
  }

  /** The request as it goes over the connection; in one piece, so in one packet mostly. */
  byte[] encoded(ServerLocation server, String userAgent, Optional<String> token) {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(server.path()).append(target).append(" HTTP/1.1\r\n");
    header(head, "Host", server.authority());
    header(head, "User-Agent", userAgent);
    header(head, "Accept", accept);
    token.ifPresent(t -> header(head, "Authorization", "Bearer " + t));
    if (!contentType.isEmpty()) {
      header(head, "Content-Type", contentType);
      header(head, "Content-Length", String.valueOf(body.length));
    }
    head.append("\r\n");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length() + body.length);
    bytes.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  private static void header(StringBuilder head, String name, String value) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
}
