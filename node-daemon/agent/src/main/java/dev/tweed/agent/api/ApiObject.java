package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * An object that was read.
 *
 * @param record what is kept of it
 * @param <R> its kind's record
 */
public record ApiObject<R>(ObjectMeta meta, R record) {

  /**
   * Reads the object whose begin is the current token; the parser is at its end.
   *
   * @throws IOException if the parser does, or the value is no object
   */
  public static <R> ApiObject<R> read(JsonParser json, ObjectReader<R> reader) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new IOException("where an object should be is something else");
    }
    ObjectMeta meta = ObjectMeta.NONE;
    ObjectReader.Fields<R> fields = reader.begin();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      if (field.equals("metadata")) {
        meta = ObjectMeta.read(json);
      } else {
        fields.field(field, json);
      }
    }
    return new ApiObject<>(meta, fields.of(meta));
  }
}
