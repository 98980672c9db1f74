package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;

/**
 * Makes records of objects of a kind, as they stream by.
 *
 * @param <R> what is kept of an object
 */
@FunctionalInterface
public interface ObjectReader<R> {

  /** Begins an object. */
  Fields<R> begin();

  /**
   * One object, of which some fields have been seen.
   *
   * @param <R> what is kept of it
   */
  interface Fields<R> {

    /**
     * Takes a field other than {@code metadata}; may be called in any order.
     *
     * @param value at the first token of the value; has to be left at its last
     * @throws IOException only if the parser does: a value that is not what it should be is the
     *     record's to tell
     */
    void field(String name, JsonParser value) throws IOException;

    /** The record, once all fields have been seen. */
    R of(ObjectMeta meta);
  }
}
