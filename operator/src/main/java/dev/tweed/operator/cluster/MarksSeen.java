package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.SubnetFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long this process has itself seen the marks of NodeSubnets whose nodes are gone. The time of
 * day in a mark is that of whoever wrote it; that clock may have been wrong, or ours may have been
 * set since. Whoever leads anew begins to count anew.
 *
 * @param marks by UID of the NodeSubnet
 */
record MarksSeen(Map<String, Seen> marks) {
  /**
   * One mark.
   *
   * @param since when it was seen first, in {@link SteadyTime}
   */
  record Seen(Instant mark, Instant since) {}

  MarksSeen {
    marks = Map.copyOf(marks);
  }

  static MarksSeen none() {
    return new MarksSeen(Map.of());
  }

  /**
   * After another look.
   *
   * @param at in {@link SteadyTime}
   */
  MarksSeen look(List<SubnetFacts> subnets, Instant at) {
    Map<String, Seen> next = new HashMap<>();
    for (SubnetFacts subnet : subnets) {
      subnet
          .goneSince()
          .ifPresent(
              mark -> {
                Seen before = marks.get(subnet.uid());
                next.put(
                    subnet.uid(),
                    before != null && before.mark().equals(mark) ? before : new Seen(mark, at));
              });
    }
    return new MarksSeen(next);
  }

  /** The mark of a NodeSubnet, as it was written. */
  Optional<Instant> mark(SubnetFacts subnet) {
    return Optional.ofNullable(marks.get(subnet.uid())).map(Seen::mark);
  }

  /**
   * The NodeSubnets with marks that are due when they have been seen for long enough, and not
   * before.
   *
   * @param longest what they may have to wait; who has seen one for so long believes what it says
   * @param at in {@link SteadyTime}
   * @param now the same as a time of day
   */
  List<SubnetFacts> dated(List<SubnetFacts> subnets, Duration longest, Instant at, Instant now) {
    return subnets.stream()
        .map(
            subnet ->
                subnet.goneSince().isEmpty()
                    ? subnet
                    : subnet.withGoneSince(
                        subnet
                            .goneSince()
                            .map(mark -> dated(subnet.uid(), mark, longest, at, now))))
        .toList();
  }

  private Instant dated(String uid, Instant mark, Duration longest, Instant at, Instant now) {
    Seen seen = marks.get(uid);
    Duration age =
        seen != null && seen.mark().equals(mark)
            ? Duration.between(seen.since(), at)
            : Duration.ZERO;
    if (age.compareTo(longest) < 0) {
      return now.minus(age);
    }
    Instant due = now.minus(longest);
    return mark.isBefore(due) ? mark : due;
  }
}
