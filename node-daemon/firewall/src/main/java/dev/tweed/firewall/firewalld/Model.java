package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that is ours in a firewalld.
 *
 * @param zones by name
 * @param policies direction by direction, in the order they are asked
 * @param places where each row went
 */
record Model(List<DeviceZone> zones, List<Policy> policies, List<Place> places) {

  Model {
    zones = List.copyOf(zones);
    policies = List.copyOf(policies);
    places = List.copyOf(places);
  }

  /**
   * Where a row went.
   *
   * @param row of the caller
   * @param policy name of the policy
   * @param texts its rules there, as firewalld lists them
   */
  record Place(FilterRow row, String policy, List<String> texts) {}

  /** The files of the permanent model: path below /etc/firewalld, and text. */
  Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    zones.forEach(zone -> files.put("zones/" + zone.name() + ".xml", ModelFileRenderer.file(zone)));
    policies.forEach(
        policy -> files.put("policies/" + policy.name() + ".xml", ModelFileRenderer.file(policy)));
    return files;
  }
}
