package dev.tweed.firewall.firewalld;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that is ours in a firewalld.
 *
 * @param zones by name
 * @param policies direction by direction, in the order they are asked
 */
record Model(List<DeviceZone> zones, List<Policy> policies) {

  Model {
    zones = List.copyOf(zones);
    policies = List.copyOf(policies);
  }

  /** The files of the permanent model: path below /etc/firewalld, and text. */
  Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    zones.forEach(zone -> files.put("zones/" + zone.name() + ".xml", ModelFileRenderer.file(zone)));
    policies.forEach(
        policy -> files.put("policies/" + policy.name() + ".xml", ModelFileRenderer.file(policy)));
    return files;
  }
}
