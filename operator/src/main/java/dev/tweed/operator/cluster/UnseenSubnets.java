package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.SubnetFacts;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** NodeSubnets that exist although the watch may not have delivered them yet. */
final class UnseenSubnets {
  private final Map<String, SubnetFacts> byName = new HashMap<>();
  private Optional<String> last = Optional.empty();

  synchronized void remember(List<SubnetFacts> created) {
    created.forEach(subnet -> byName.put(subnet.name(), subnet));
  }

  /**
   * Those that are newer than what was delivered. What is older and was not delivered was deleted.
   *
   * @param delivered the version up to which the watch has delivered; null before it has any
   */
  synchronized Map<String, SubnetFacts> after(Supplier<String> delivered) {
    Optional<String> now = Optional.ofNullable(delivered.get());
    if (now.isPresent() && last.filter(before -> isNewer(before, now.get())).isPresent()) {
      // etcd was put back: what was created since then is gone, whatever its version.
      byName.clear();
    }
    last = now;
    now.ifPresent(version -> byName.values().removeIf(s -> !isNewer(s.version(), version)));
    return Map.copyOf(byName);
  }

  // Versions of one kind are numbers that grow.
  private static boolean isNewer(String version, String than) {
    return new BigInteger(version).compareTo(new BigInteger(than)) > 0;
  }
}
