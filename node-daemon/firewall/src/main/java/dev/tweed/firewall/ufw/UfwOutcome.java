package dev.tweed.firewall.ufw;

import dev.tweed.ip.AddressFamily;
import java.util.List;
import java.util.Set;

/** What a run of {@link UfwWriter} did. */
public sealed interface UfwOutcome {

  /**
   * The rules are in the files, and in the kernel where ufw's chains are.
   *
   * @param written files that were changed
   * @param restored chains that were filled
   * @param live whether ufw's chains are in the kernel
   * @param enabled whether ufw starts with the machine
   * @param ipv6 whether ufw takes care of IPv6; our IPv6 rules are left out otherwise
   * @param overlaps rules of ours that a person's stand in for
   */
  record Applied(
      Set<AddressFamily> written,
      Set<AddressFamily> restored,
      boolean live,
      boolean enabled,
      boolean ipv6,
      List<UfwRulesFile.Overlap> overlaps)
      implements UfwOutcome {
    public Applied {
      written = Set.copyOf(written);
      restored = Set.copyOf(restored);
      overlaps = List.copyOf(overlaps);
    }

    /** Whether anything was changed. */
    public boolean changed() {
      return !written.isEmpty() || !restored.isEmpty();
    }
  }

  /**
   * Nothing is changed: what was in force is in force.
   *
   * @param reason what sort of obstacle
   * @param message what is in the way
   * @param remedy what to do
   */
  record Refused(Reason reason, String message, String remedy) implements UfwOutcome {}

  /** Obstacles. */
  enum Reason {
    /** ufw's files are not where they should be. */
    NOT_FOUND,
    /** Somebody else has ufw's lock, or that of iptables. */
    LOCKED,
    /** A rule file is not as ufw writes it. */
    FILE_NOT_UNDERSTOOD,
    /** A file could not be read or written. */
    FILE_ERROR,
    /** iptables refused. */
    CHAIN_ERROR
  }
}
