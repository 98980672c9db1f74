package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import java.io.IOException;

/**
 * Reads objects of which there are few and whose spec is kept whole, by trees: a tree is had of any
 * JSON, and what the record makes of it is a matter of this one object.
 */
abstract class TreeReader<R> implements ObjectReader<R> {

  /**
   * The record; never throws.
   *
   * @param spec missing if there is none
   * @param status missing if there is none
   */
  abstract R of(ObjectMeta meta, JsonNode spec, JsonNode status);

  @Override
  public final Fields<R> begin() {
    return new Fields<>() {
      private JsonNode spec = MissingNode.getInstance();
      private JsonNode status = MissingNode.getInstance();

      @Override
      public void field(String name, JsonParser value) throws IOException {
        switch (name) {
          case "spec" -> spec = ApiJson.mapper().readTree(value);
          case "status" -> status = ApiJson.mapper().readTree(value);
          default -> value.skipChildren();
        }
      }

      @Override
      public R of(ObjectMeta meta) {
        return TreeReader.this.of(meta, spec, status);
      }
    };
  }

  /** Whether there is something. */
  static boolean isPresent(JsonNode node) {
    return !node.isMissingNode() && !node.isNull();
  }
}
