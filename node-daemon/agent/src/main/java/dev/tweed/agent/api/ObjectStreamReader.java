package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads lists and watches of one kind, object by object as they stream by. What is not of the form
 * that the API has for them is an {@link IOException}.
 *
 * @param <R> what is kept of an object
 */
final class ObjectStreamReader<R> {

  /**
   * The end of a part of a list.
   *
   * @param version of the list
   * @param next where the next part begins; empty after the last
   */
  record Page(String version, String next) {}

  /** One event of a watch. */
  sealed interface Event<R> {
    /** There is this object, or it has changed. */
    record Put<R>(ObjectMeta meta, R record) implements Event<R> {}

    /** There is no such object any more. */
    record Removed<R>(ObjectMeta meta) implements Event<R> {}

    /** Nothing has changed up to a version. */
    record Bookmark<R>(ObjectMeta meta) implements Event<R> {}

    /** Of a later version of the API. */
    record Unknown<R>() implements Event<R> {}
  }

  /** Takes what was read. */
  interface Taker<T> {
    void take(T read) throws IOException;
  }

  private final ObjectReader<R> reader;

  ObjectStreamReader(ObjectReader<R> reader) {
    this.reader = reader;
  }

  /** Reads a part of a list. */
  Page page(InputStream body, Taker<ApiObject<R>> each) throws IOException {
    JsonParser json = ApiJson.parser(body);
    require(json.nextToken(), JsonToken.START_OBJECT);
    String version = "";
    String next = "";
    boolean items = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "metadata" -> {
          require(value, JsonToken.START_OBJECT);
          while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
              case "resourceVersion" -> version = text(json);
              case "continue" -> next = text(json);
              default -> json.skipChildren();
            }
          }
        }
        case "items" -> {
          require(value, JsonToken.START_ARRAY);
          items = true;
          while (json.nextToken() != JsonToken.END_ARRAY) {
            each.take(ApiObject.read(json, reader));
          }
        }
        default -> json.skipChildren();
      }
    }
    // Whatever else answers with an object must not pass for an empty list.
    if (!items || version.isEmpty()) {
      throw new IOException("what came is no list");
    }
    return new Page(version, next);
  }

  /**
   * Reads a watch until it ends.
   *
   * @throws ApiRefusedException if an event says that it is refused
   */
  void events(InputStream body, Taker<Event<R>> each) throws IOException {
    JsonParser json = ApiJson.parser(body);
    // Events are objects, one after the other.
    for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
      require(token, JsonToken.START_OBJECT);
      String type = "";
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        switch (field) {
          case "type" -> type = text(json);
          case "object" -> {
            require(value, JsonToken.START_OBJECT);
            each.take(event(type, json));
          }
          default -> json.skipChildren();
        }
      }
    }
  }

  private Event<R> event(String type, JsonParser json) throws IOException {
    return switch (type) {
      case "ADDED", "MODIFIED" -> {
        ApiObject<R> read = ApiObject.read(json, reader);
        yield new Event.Put<>(read.meta(), read.record());
      }
      case "DELETED" -> new Event.Removed<>(meta(json));
      case "BOOKMARK" -> new Event.Bookmark<>(meta(json));
      case "ERROR" -> throw ApiRefusedException.read(json);
      case "" -> throw new IOException("an event does not begin with its type");
      default -> {
        json.skipChildren();
        yield new Event.Unknown<>();
      }
    };
  }

  private static ObjectMeta meta(JsonParser json) throws IOException {
    ObjectMeta meta = ObjectMeta.NONE;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      boolean metadata = json.currentName().equals("metadata");
      json.nextToken();
      if (metadata) {
        meta = ObjectMeta.read(json);
      } else {
        json.skipChildren();
      }
    }
    return meta;
  }

  private static String text(JsonParser json) throws IOException {
    String text = ApiJson.text(json);
    return text == null ? "" : text;
  }

  private static void require(JsonToken found, JsonToken wanted) throws IOException {
    if (found != wanted) {
      throw new IOException("what came is not what was asked for");
    }
  }
}
