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

  /** Takes a field. */
  public interface FieldTaker {
    /** At the first token of the value, which has to be left at its last. */
    void take(String name, JsonParser value) throws IOException;
  }

  /** Takes an element. */
  public interface ElementTaker {
    /** At the first token of the element, which has to be left at its last. */
    void take(JsonParser element) throws IOException;
  }

  /** The fields of the current value, none unless it is an object; the parser is at its end. */
  public static void fields(JsonParser json, FieldTaker taker) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      taker.take(name, json);
    }
  }

  /** The field of that name only, as above. */
  public static void field(JsonParser json, String name, ElementTaker taker) throws IOException {
    fields(
        json,
        (field, value) -> {
          if (field.equals(name)) {
            taker.take(value);
          } else {
            value.skipChildren();
          }
        });
  }

  /** The elements of the current value, none unless it is an array; the parser is at its end. */
  public static void elements(JsonParser json, ElementTaker taker) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      taker.take(json);
    }
  }

  /** Those members of the current object that are text; the parser is at its end. */
  public static Map<String, String> texts(JsonParser json) throws IOException {
    Map<String, String> texts = new HashMap<>();
    fields(
        json,
        (name, value) -> {
          String text = text(value);
          if (text != null) {
            texts.put(name, text);
          }
        });
    return texts;
  }
}
