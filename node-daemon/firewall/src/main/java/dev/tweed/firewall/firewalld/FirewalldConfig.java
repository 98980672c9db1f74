package dev.tweed.firewall.firewalld;

import java.util.List;
import java.util.Map;

/**
 * What firewalld runs, or would after a reload.
 *
 * @param policies all of them, by name
 * @param zones all of them, by name
 */
record FirewalldConfig(Map<String, Settings> policies, Map<String, Settings> zones) {

  /** The rules of a policy; none if there is no such policy. */
  static List<String> rules(Map<String, Settings> policies, String policy) {
    Settings settings = policies.get(policy);
    return settings == null ? List.of() : settings.rules();
  }
}
