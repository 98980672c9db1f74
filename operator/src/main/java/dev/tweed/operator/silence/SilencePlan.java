package dev.tweed.operator.silence;

import java.util.List;
import java.util.SortedSet;

/**
 * What follows from who is silent.
 *
 * @param silent nodes whose daemons are
 * @param untold those of them whose NodeReports are to say so now, in the order of names, beginning
 *     after the one that was tried last
 */
public record SilencePlan(SortedSet<String> silent, List<String> untold) {
  public SilencePlan {
    untold = List.copyOf(untold);
  }
}
