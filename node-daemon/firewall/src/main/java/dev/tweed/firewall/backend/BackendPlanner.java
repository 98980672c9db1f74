package dev.tweed.firewall.backend;

import dev.tweed.firewall.FirewallAdvicePlanner;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.LegacyRules;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.ip.AddressFamily;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Chooses where rows go. Pure.
 *
 * <p>Into every firewall that would drop what they let through: an accept elsewhere opens nothing.
 * Those are ufw and firewalld where they are active; and iptables if its chains certainly drop what
 * the network lives on, or a packet that no rule is about. That something is dropped somewhere, for
 * its source or its port, is the decision of whoever did it, and moves nothing. Where no firewall
 * needs rows, they are in a table of our own: what that drops is dropped beside any other.
 *
 * <p>A place is kept until another is certainly needed, and for some seconds more: a firewall that
 * is restarted has no rules meanwhile.
 */
public final class BackendPlanner {

  /** Why rows are not in a firewall whose tools the daemon has not been given. */
  public static final String HOST_TOOLS_NEEDED = "HostToolsNeeded";

  /** Why rows are nowhere when the rules in the kernel cannot be read. */
  public static final String FIREWALL_UNKNOWN = "FirewallUnknown";

  /** How long rows stay in a firewall that does not need them any more, in nanoseconds. */
  public static final long HOLD = TimeUnit.SECONDS.toNanos(10);

  private final HostFirewall found;
  private final boolean hostTools;
  private final BackendChoice before;
  private final long now;

  private BackendPlanner(HostFirewall found, boolean hostTools, BackendChoice before, long now) {
    this.found = found;
    this.hostTools = hostTools;
    this.before = before;
    this.now = now;
  }

  /**
   * Chooses.
   *
   * @param found the firewall of the host
   * @param needs what has to be let through for the network; empty if it is in none, or that is
   *     left to others
   * @param hostTools whether the host's files and programs may be used
   * @param before the last choice
   * @param now monotonic, nanoseconds
   */
  public static BackendChoice plan(
      HostFirewall found,
      Optional<NetworkNeeds> needs,
      boolean hostTools,
      BackendChoice before,
      long now) {
    if (found.state() == State.UNKNOWN && found.manager() != Manager.IPTABLES) {
      return new BackendChoice(
          Set.of(), Set.of(), Optional.empty(), before.leaving(), found.reason());
    }
    return new BackendPlanner(found, hostTools, before, now).plan(needed(found, needs));
  }

  private BackendChoice plan(Map<BackendKind, String> needed) {
    Optional<BackendKind> standby =
        hostTools && isOff(Manager.UFW) ? Optional.of(BackendKind.UFW) : Optional.empty();
    Set<BackendKind> kinds = EnumSet.of(BackendKind.NFTABLES);
    Set<BackendKind> unreachable = Set.of();
    String reason = String.join("; and ", needed.values());
    if (needed.isEmpty()) {
      reason = unneeded();
      if (hostTools && before.kinds().contains(BackendKind.IPTABLES)) {
        kinds = EnumSet.of(BackendKind.IPTABLES);
        reason =
            "they were put there when iptables dropped packets, and nothing asks for another place";
      }
    } else if (hostTools) {
      kinds = EnumSet.copyOf(needed.keySet());
      if (isLoading() && before.kinds().contains(BackendKind.IPTABLES)) {
        kinds.add(BackendKind.IPTABLES);
      }
    } else {
      unreachable = needed.keySet();
      reason +=
          ". A table of our own holds what is to be dropped; to let packets through, rules have to go"
              + " into %s with the host's files and programs: set the chart value firewall.hostTools"
                  .formatted(text(unreachable));
    }
    return new BackendChoice(kinds, unreachable, standby, leaving(kinds, standby), reason);
  }

  private Map<BackendKind, Long> leaving(Set<BackendKind> kinds, Optional<BackendKind> standby) {
    Map<BackendKind, Long> leaving = new EnumMap<>(BackendKind.class);
    Stream.concat(before.kinds().stream(), before.leaving().keySet().stream())
        // Our own table is as it is made; nobody restarts it.
        .filter(kind -> kind != BackendKind.NFTABLES)
        .filter(kind -> !kinds.contains(kind) && !standby.equals(Optional.of(kind)))
        .forEach(
            kind -> {
              long since = before.leaving().getOrDefault(kind, now);
              if (now - since < HOLD) {
                leaving.put(kind, since);
              }
            });
    return leaving;
  }

  /** Firewalls that would drop what rows let through, each with what shows it. */
  private static Map<BackendKind, String> needed(HostFirewall found, Optional<NetworkNeeds> needs) {
    Map<BackendKind, String> needed = new EnumMap<>(BackendKind.class);
    if (found.isActive(Manager.UFW)) {
      needed.put(BackendKind.UFW, active(found, Manager.UFW));
    }
    if (found.isActive(Manager.FIREWALLD)) {
      needed.put(BackendKind.FIREWALLD, active(found, Manager.FIREWALLD));
    }
    if (found.legacy().equals(Optional.of(LegacyRules.DROPPING))) {
      needed.put(BackendKind.IPTABLES, "rules of iptables-legacy drop packets");
    } else {
      closed(found, needs)
          .ifPresent(
              chain ->
                  needed.put(
                      BackendKind.IPTABLES,
                      "chain %s of iptables drops what no rule lets through"
                          .formatted(chain.name())));
    }
    return needed;
  }

  private static String active(HostFirewall found, Manager manager) {
    return manager.text()
        + " is active"
        + (found.manager() == manager ? ": " + found.reason() : "");
  }

  /** A chain of iptables that is closed, rows of ours left aside. */
  private static Optional<Chain> closed(HostFirewall found, Optional<NetworkNeeds> needs) {
    Ruleset theirs = found.theirs();
    return Stream.concat(
            needs.map(FirewallAdvicePlanner::packets).orElse(List.of()).stream()
                .flatMap(packet -> theirs.blockersOf(packet).stream()),
            strangers(theirs, needs).flatMap(packet -> theirs.closedTo(packet).stream()))
        .filter(chain -> found.managerOf(chain) == Manager.IPTABLES)
        .findFirst();
  }

  /**
   * Packets that no rule names but for the device: many a host is closed on one side only. What is
   * routed between two devices is not asked for: Docker keeps its networks apart.
   */
  private static Stream<Packet> strangers(Ruleset rules, Optional<NetworkNeeds> needs) {
    List<String> ours = needs.map(NetworkNeeds::devices).orElse(List.of());
    Optional<String> any = Optional.empty();
    return Stream.of(AddressFamily.values())
        .flatMap(
            family ->
                Stream.of(
                        devices(rules, true, ours)
                            .map(in -> Packet.of("input", family, "tcp").on(in, any)),
                        devices(rules, false, ours)
                            .map(out -> Packet.of("output", family, "tcp").on(any, out)),
                        Stream.of(Packet.of("forward", family, "tcp")))
                    .flatMap(packets -> packets))
        .map(packet -> packet.notOn(ours));
  }

  /** One that is not named, and those that are. */
  private static Stream<Optional<String>> devices(Ruleset rules, boolean in, List<String> ours) {
    return Stream.concat(
        Stream.of(Optional.empty()),
        rules.devices(in).stream()
            .filter(name -> !name.endsWith("*") && !name.equals("lo") && !ours.contains(name))
            .map(Optional::of));
  }

  /** Whether nothing is known of rules, those of others neither, since firewalld loads its own. */
  private boolean isLoading() {
    return found.isActive(Manager.FIREWALLD) && found.rules().bases().isEmpty();
  }

  private boolean isOff(Manager manager) {
    return found.manager() == manager && found.state() == State.INACTIVE;
  }

  /** Why a table of our own does. */
  private String unneeded() {
    return switch (found.manager()) {
      case UFW ->
          "ufw is installed but switched off; a table of our own"
              + (hostTools ? ", and the same rules in ufw's files for the day it is on" : "");
      case FIREWALLD -> "firewalld is installed but not running; a table of our own";
      case IPTABLES ->
          found.state() == State.UNKNOWN
              ? "a table of our own; there may be rules of iptables-legacy, which cannot be seen"
                  + " from here: what those drop, rules of ours cannot let through"
              : "iptables drops nothing but what its rules name; a table of our own, which lets"
                  + " through nothing of that";
      case NFTABLES ->
          "somebody's own nftables rules; what they drop, rules of ours cannot let through";
      case NONE, UNKNOWN -> "no firewall is active; a table of our own";
    };
  }

  private static String text(Set<BackendKind> kinds) {
    return kinds.stream().map(BackendKind::text).collect(Collectors.joining(" and "));
  }
}
