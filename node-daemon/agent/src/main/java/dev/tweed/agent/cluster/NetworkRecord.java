package dev.tweed.agent.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkStatus.AddressConflict;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of a PodNetwork.
 *
 * @param uid tells a re-created object from the one it replaces
 * @param created creation time, RFC 3339 in UTC with seconds, as the API server writes it: sorts as
 *     text
 * @param spec what is asked for; one with every default, and the pools that can be read, if it
 *     cannot
 * @param conditions what the operator says of it; explains why a node waits for its subnet
 * @param conflicts what the operator says of addresses that two nodes claim
 * @param unreadable why the spec cannot be read, fit to be shown; such objects come from another
 *     version of Tweed
 */
public record NetworkRecord(
    String name,
    String uid,
    String created,
    PodNetworkSpec spec,
    List<Condition> conditions,
    List<AddressConflict> conflicts,
    Optional<String> unreadable) {

  /** Oldest first, then by name: the order in which claims on a node win. */
  public static final Comparator<NetworkRecord> BY_AGE =
      Comparator.comparing(NetworkRecord::created).thenComparing(NetworkRecord::name);

  public NetworkRecord {
    conditions = List.copyOf(conditions);
    conflicts = List.copyOf(conflicts);
  }

  /** One in which no two nodes claim an address. */
  public NetworkRecord(
      String name,
      String uid,
      String created,
      PodNetworkSpec spec,
      List<Condition> conditions,
      Optional<String> unreadable) {
    this(name, uid, created, spec, conditions, List.of(), unreadable);
  }

  /** One that can be read. */
  public NetworkRecord(
      String name, String uid, String created, PodNetworkSpec spec, List<Condition> conditions) {
    this(name, uid, created, spec, conditions, Optional.empty());
  }

  /** Whether this network wants a node with these labels. */
  public boolean selects(Map<String, String> labels) {
    return spec.nodeSelector().matches(labels);
  }
}
