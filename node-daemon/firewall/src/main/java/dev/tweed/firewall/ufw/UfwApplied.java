package dev.tweed.firewall.ufw;

import dev.tweed.ip.AddressFamily;
import java.util.List;
import java.util.Set;

/**
 * What a run of {@link UfwWriter} did: the rules are in the files, and in the kernel where ufw's
 * chains are.
 *
 * @param written files that were changed
 * @param restored chains that were filled
 * @param live whether ufw's chains are in the kernel
 * @param enabled whether ufw starts with the machine
 * @param ipv6 whether ufw takes care of IPv6; our IPv6 rules are left out otherwise
 * @param overlaps rules of ours that a person's stand in for
 */
record UfwApplied(
    Set<AddressFamily> written,
    Set<AddressFamily> restored,
    boolean live,
    boolean enabled,
    boolean ipv6,
    List<UfwRulesFile.Overlap> overlaps) {

  UfwApplied {
    written = Set.copyOf(written);
    restored = Set.copyOf(restored);
    overlaps = List.copyOf(overlaps);
  }

  /** Whether anything was changed. */
  boolean changed() {
    return !written.isEmpty() || !restored.isEmpty();
  }
}
