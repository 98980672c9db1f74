package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;

/**
 * What is read of an object's metadata.
 *
 * @param name empty if it has none
 * @param uid empty if it has none
 * @param created creation time, RFC 3339 in UTC with seconds: sorts as text; an object without one
 *     sorts last, as the youngest
 * @param resourceVersion empty if it has none
 */
public record ObjectMeta(
    String name,
    String uid,
    long generation,
    String created,
    String resourceVersion,
    Map<String, String> labels) {

  private static final String YOUNGEST = "9999";

  /** Of an object that says nothing of itself. */
  public static final ObjectMeta NONE = new ObjectMeta("", "", 0, YOUNGEST, "", Map.of());

  public ObjectMeta {
    labels = Map.copyOf(labels);
  }

  /** Reads it from the current value; the parser is at its end. */
  public static ObjectMeta read(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return NONE;
    }
    String name = null;
    String uid = null;
    long generation = 0;
    String created = null;
    String version = null;
    Map<String, String> labels = Map.of();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = ApiJson.text(json);
        case "uid" -> uid = ApiJson.text(json);
        case "generation" -> generation = ApiJson.longInteger(json);
        case "creationTimestamp" -> created = ApiJson.text(json);
        case "resourceVersion" -> version = ApiJson.text(json);
        case "labels" -> labels = ApiJson.texts(json);
        default -> json.skipChildren();
      }
    }
    return new ObjectMeta(
        name == null ? "" : name,
        uid == null ? "" : uid,
        generation,
        created == null ? YOUNGEST : created,
        version == null ? "" : version,
        labels);
  }
}
