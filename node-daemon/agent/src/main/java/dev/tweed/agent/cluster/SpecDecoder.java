package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.crds.LabelSelector;

/** Makes records of trees, and says where a tree holds what a record cannot. */
final class SpecDecoder {

  /** A tree, or rather part of it, that is not of the record's form; the message says where. */
  static final class Unknown extends Exception {
    private static final long serialVersionUID = 1L;

    Unknown(String where) {
      super(where + " holds what is not known here", null, false, false);
    }
  }

  private SpecDecoder() {}

  /**
   * Makes a record.
   *
   * @param name of the tree, the first word of the message if it fails
   */
  static <T> T decode(String name, JsonNode tree, Class<T> type) throws Unknown {
    T value;
    try {
      value = ApiJson.mapper().treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      throw new Unknown(name + path(e));
    }
    if (value == null) {
      throw new Unknown(name);
    }
    return value;
  }

  /** Whether it can be asked; the schema sees to that, now. */
  static boolean isUsable(LabelSelector selector) {
    return selector.matchExpressions().stream()
        .allMatch(r -> r.key() != null && r.operator() != null);
  }

  /** Where in the tree the reader stumbled, such as {@code .rules[0].protocol}. */
  private static String path(JsonProcessingException e) {
    StringBuilder path = new StringBuilder();
    if (e instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference step : mapping.getPath()) {
        if (step.getFieldName() == null) {
          path.append('[').append(step.getIndex()).append(']');
        } else {
          path.append('.').append(step.getFieldName());
        }
      }
    }
    return path.toString();
  }
}
