package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;

class PriorityPlannerPropertiesTest {

  @Property(tries = 500)
  void theyRiseAndStay(
      @ForAll @UniqueElements @Size(max = 60) List<@IntRange(max = 80) Integer> wanted,
      @ForAll Map<@IntRange(max = 80) Integer, @IntRange(min = -40, max = 3) Integer> found) {
    List<Integer> plan = PriorityPlanner.plan(wanted, found);

    assertThat(plan).hasSameSizeAs(wanted).isSorted().doesNotHaveDuplicates();
    assertThat(plan).allMatch(n -> n >= PriorityPlanner.MIN && n <= PriorityPlanner.MAX);
    Map<Integer, Integer> placed = new HashMap<>();
    for (int i = 0; i < plan.size(); i++) {
      placed.put(wanted.get(i), plan.get(i));
    }
    assertThat(PriorityPlanner.plan(wanted, placed)).isEqualTo(plan);
  }
}
