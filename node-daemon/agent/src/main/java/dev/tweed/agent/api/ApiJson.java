package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/** Reads JSON token by token; trees and records only of the few objects that are kept whole. */
public final class ApiJson {

  /** Names of fields are not kept: among them are label keys, which anybody can make up. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build())
          .build();

  private ApiJson() {}

  /** For trees and records. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /** A parser of one value or several; closing it closes the stream. */
  static JsonParser parser(InputStream in) throws IOException {
    return MAPPER.getFactory().createParser(in);
  }

  /** The current value if it is text, otherwise null; the parser is at its end. */
  public static String text(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_STRING) {
      return json.getText();
    }
    json.skipChildren();
    return null;
  }

  /** The current value if it is a number that fits, otherwise 0; the parser is at its end. */
  public static int integer(JsonParser json) throws IOException {
    long value = longInteger(json);
    return value == (int) value ? (int) value : 0;
  }

  static long longInteger(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return json.getLongValue();
    }
    json.skipChildren();
    return 0;
  }

  /** Those members of the current object that are text; the parser is at its end. */
  static Map<String, String> texts(JsonParser json) throws IOException {
    Map<String, String> texts = new HashMap<>();
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return texts;
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      json.nextToken();
      String value = text(json);
      if (value != null) {
        texts.put(key, value);
      }
    }
    return texts;
  }
}
