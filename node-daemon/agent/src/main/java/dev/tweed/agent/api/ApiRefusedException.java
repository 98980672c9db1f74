package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.time.Duration;

/** The API server answered, and not with what was asked for. */
public final class ApiRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final int MESSAGE_MAX = 300;
  private static final int BODY_MAX = 64 * 1024;
  private static final int UNPROCESSABLE = 422;

  private final int code;
  private final long retryAfterSeconds;

  /**
   * One that says so.
   *
   * @param code the status code of HTTP
   * @param message what the API server says
   * @param retryAfterSeconds how long it wants to be left alone
   */
  public ApiRefusedException(int code, String message, long retryAfterSeconds) {
    super(code + " " + oneLine(message));
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The status code of HTTP, or that of an event ERROR. */
  public int code() {
    return code;
  }

  /** Whether there is no such object or kind. */
  public boolean isNotFound() {
    return code == HttpURLConnection.HTTP_NOT_FOUND;
  }

  /** Whether the version or the page asked for is too old: only a new list helps. */
  boolean isExpired() {
    return code == HttpURLConnection.HTTP_GONE;
  }

  /** Whether the request cannot be right as it is, or what it asks for is gone. */
  boolean isOfRequest() {
    return code == HttpURLConnection.HTTP_BAD_REQUEST || code == UNPROCESSABLE || isNotFound();
  }

  /** Whether another object of the kind may be taken: this one cannot be, or is somebody else's. */
  public boolean isOfObject() {
    return isOfRequest()
        || code == HttpURLConnection.HTTP_FORBIDDEN
        || code == HttpURLConnection.HTTP_CONFLICT;
  }

  /** How long the server wants to be left alone. */
  public Duration retryAfter() {
    return Duration.ofSeconds(retryAfterSeconds);
  }

  /**
   * Returns the answer if it is a success; otherwise closes it and says what it says.
   *
   * @throws ApiRefusedException if it is none
   */
  public static HttpAnswer require(HttpAnswer answer) throws IOException {
    if (answer.isSuccess()) {
      return answer;
    }
    try (answer) {
      String message = "";
      try {
        JsonParser json = ApiJson.parser(new Head(answer.body()));
        if (json.nextToken() == JsonToken.START_OBJECT) {
          message = read(json).getMessage();
          message = message.substring(message.indexOf(' ') + 1);
          answer.finish();
        }
      } catch (IOException e) {
        // No Status object, as of a proxy in between; the code has to do.
      }
      throw new ApiRefusedException(answer.status(), message, answer.retryAfter().orElse(0));
    }
  }

  /** Reads a Status object, whose begin is the current token. */
  static ApiRefusedException read(JsonParser json) throws IOException {
    int code = 0;
    String message = "";
    long retryAfter = 0;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "code" -> code = ApiJson.integer(json);
        case "message" -> message = ApiJson.text(json);
        case "details" -> retryAfter = retryAfter(json);
        default -> json.skipChildren();
      }
    }
    return new ApiRefusedException(code, message == null ? "" : message, retryAfter);
  }

  private static long retryAfter(JsonParser json) throws IOException {
    long seconds = 0;
    if (json.currentToken() == JsonToken.START_OBJECT) {
      while (json.nextToken() != JsonToken.END_OBJECT) {
        boolean wanted = json.currentName().equals("retryAfterSeconds");
        json.nextToken();
        if (wanted) {
          seconds = ApiJson.integer(json);
        } else {
          json.skipChildren();
        }
      }
    } else {
      json.skipChildren();
    }
    return seconds;
  }

  /** What somebody else said, fit for a message. */
  static String oneLine(String text) {
    String line = text.replaceAll("[^ -~]+", " ").strip();
    return line.length() > MESSAGE_MAX ? line.substring(0, MESSAGE_MAX) + "..." : line;
  }

  /** The first part of a body; who sends more than that is not heard to the end. */
  private static final class Head extends InputStream {
    private final InputStream in;
    private int left = BODY_MAX;

    Head(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      return left-- > 0 ? in.read() : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        return -1;
      }
      int n = in.read(bytes, offset, Math.min(length, left));
      left -= n;
      return n;
    }
  }
}
