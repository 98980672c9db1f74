package dev.tweed.firewall.iptables;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * iptables as one of the firewalls rows can be kept in: the chains TWEED-INPUT, TWEED-OUTPUT and
 * TWEED-FORWARD of the filter table. Packets come to them after bans of sources and NetworkPolicy
 * engines ({@link LeadingBans}), and before a person's rules. Those are never touched; a row that
 * allows decides before one of theirs that drops.
 *
 * <p>iptables forgets everything at a reboot, ours and what no other program loads again. Our
 * memory is the daemon: it fills the chains when it starts, and until then the host has what the
 * host's own programs have loaded.
 *
 * <p>Each run lists before it writes, so that a chain that was flushed, a rule that was deleted and
 * a jump that was moved or doubled are put right, and a run that finds all as it should be writes
 * nothing. A kernel or a host without IPv6 in it has no IPv6 rows, and that is no failure.
 */
public final class IptablesBackend implements FirewallBackend {

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Path IPV6_IN_KERNEL = Path.of("/proc/sys/net/ipv6");

  private final IptablesTable table;
  private final Set<AddressFamily> families;
  private final Map<AddressFamily, Filled> filled = new EnumMap<>(AddressFamily.class);

  /**
   * What a table looked like after it was filled: other versions of the programs may print our
   * rules in ways we do not know.
   *
   * @param rows that were wanted
   * @param listing of what is ours, then
   */
  private record Filled(List<FilterRow> rows, IptablesListing listing) {}

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /hostroot}; may be
   *     empty
   * @param flavour where the rules of the host are
   */
  public IptablesBackend(List<String> prefix, IptablesFlavour flavour) {
    this(
        new IptablesPrograms(prefix, flavour, PATIENCE),
        Files.isDirectory(IPV6_IN_KERNEL)
            ? EnumSet.allOf(AddressFamily.class)
            : EnumSet.of(AddressFamily.IPV4));
  }

  /**
   * @param families the kernel has
   */
  IptablesBackend(IptablesTable table, Set<AddressFamily> families) {
    this.table = table;
    this.families = families;
  }

  @Override
  public BackendKind kind() {
    return BackendKind.IPTABLES;
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    Map<AddressFamily, IptablesListing> found;
    try {
      found = list();
    } catch (IOException e) {
      return refused(e);
    }
    Set<AddressFamily> changed = EnumSet.noneOf(AddressFamily.class);
    try {
      for (Map.Entry<AddressFamily, IptablesListing> entry : found.entrySet()) {
        AddressFamily family = entry.getKey();
        Optional<String> input = input(family, entry.getValue(), rows);
        if (input.isPresent() && restore(family, entry.getValue(), input.get(), rows)) {
          changed.add(family);
          remember(family, rows);
        }
      }
    } catch (IOException e) {
      Refused refused = refused(e);
      try {
        undo(found, changed);
        return refused;
      } catch (IOException second) {
        return new Refused(
            refused.reason(),
            refused.message()
                + "; and what was there could not be put back: "
                + second.getMessage(),
            refused.remedy());
      }
    }
    return new BackendOutcome.Applied(!changed.isEmpty(), true, List.of());
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    try {
      boolean changed = false;
      for (Map.Entry<AddressFamily, IptablesListing> found : list().entrySet()) {
        changed |= input(found.getKey(), found.getValue(), rows).isPresent();
      }
      return new BackendOutcome.Applied(changed, true, List.of());
    } catch (IOException e) {
      return refused(e);
    }
  }

  private Map<AddressFamily, IptablesListing> list() throws IOException {
    Map<AddressFamily, IptablesListing> found = new EnumMap<>(AddressFamily.class);
    for (AddressFamily family : families) {
      try {
        found.put(family, IptablesListing.parse(table.list(family)));
      } catch (IptablesFailure e) {
        if (!isWithout(family, e)) {
          throw e;
        }
      }
    }
    return found;
  }

  private Optional<String> input(
      AddressFamily family, IptablesListing found, List<FilterRow> rows) {
    return new Filled(rows, found).equals(filled.get(family))
        ? Optional.empty()
        : IptablesPlanner.input(found, family, rows);
  }

  /** Whether the host has no iptables for IPv6, or the kernel no table for it. */
  private static boolean isWithout(AddressFamily family, IptablesFailure failure) {
    return family == AddressFamily.IPV6 && (failure.isNotFound() || failure.isMissingTable());
  }

  /** Whether there was a table to write to. */
  private boolean restore(
      AddressFamily family, IptablesListing found, String input, List<FilterRow> rows)
      throws IOException {
    try {
      table.restore(family, input);
    } catch (IptablesFailure e) {
      if (isWithout(family, e)) {
        return false;
      }
      IptablesListing now = IptablesListing.parse(table.list(family));
      if (now.equals(found)) {
        throw e;
      }
      // Somebody moved a jump meanwhile, and it could not be deleted where it had been.
      Optional<String> again = IptablesPlanner.input(now, family, rows);
      if (again.isPresent()) {
        table.restore(family, again.get());
      }
    }
    return true;
  }

  private void remember(AddressFamily family, List<FilterRow> rows) throws IOException {
    IptablesListing now = IptablesListing.parse(table.list(family));
    if (IptablesPlanner.isPlausible(now, family, rows)) {
      filled.put(family, new Filled(List.copyOf(rows), now));
    } else {
      filled.remove(family);
    }
  }

  private void undo(Map<AddressFamily, IptablesListing> before, Set<AddressFamily> changed)
      throws IOException {
    for (AddressFamily family : changed) {
      filled.remove(family);
      IptablesListing now = IptablesListing.parse(table.list(family));
      table.restore(family, IptablesPlanner.undo(before.get(family), now));
    }
  }

  private static Refused refused(IOException e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof IptablesFailure failure) {
      if (failure.isLocked()) {
        return new Refused(
            BackendOutcome.LOCKED,
            message,
            "look for an iptables command that hangs, or one that is in a loop");
      }
      if (failure.isNotFound()) {
        return new Refused(
            BackendOutcome.NOT_FOUND,
            message,
            "install iptables on the node, or let the daemon see its programs (chart value"
                + " firewall.hostTools)");
      }
      if (failure.isNotPermitted()) {
        return new Refused(
            "NotPermitted",
            message,
            failure.isLegacy()
                ? "iptables-legacy needs NET_RAW, which the daemon's pod has not: switch the node to"
                    + " iptables-nft (update-alternatives --set iptables /usr/sbin/iptables-nft), or"
                    + " run tweed-node as a service of the node"
                : "give the daemon NET_ADMIN, and SYS_CHROOT in a pod");
      }
      if (failure.isMissingModule()) {
        return new Refused(
            "ChainError",
            message,
            "load the kernel's modules on the node: modprobe -a xt_conntrack xt_comment"
                + " xt_multiport xt_limit xt_recent xt_LOG ipt_REJECT");
      }
    }
    return new Refused(
        "ChainError", message, "the rules before are in force; look with: iptables-save -t filter");
  }
}
