package dev.tweed.firewall.firewalld;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What firewalld would answer for a model. */
final class ModelListings {

  private ModelListings() {}

  static FirewalldConfig running(Model model) {
    return new FirewalldConfig(
        model.policies().stream().collect(Collectors.toMap(Policy::name, ModelListings::settings)),
        model.zones().stream()
            .collect(Collectors.toMap(DeviceZone::name, ModelListings::settings)));
  }

  /** One with another setting. */
  static Settings with(Settings settings, String name, Object value) {
    Map<String, Object> values = new HashMap<>(settings.values());
    values.put(name, value);
    return new Settings(values);
  }

  private static Settings settings(Policy policy) {
    return new Settings(
        Map.of(
            "priority", policy.priority(),
            "target", "CONTINUE",
            "ingress_zones", List.of(policy.ends().ingress()),
            "egress_zones", List.of(policy.ends().egress()),
            "services", List.of(),
            "masquerade", false,
            "rich_rules", policy.texts()));
  }

  private static Settings settings(DeviceZone zone) {
    return new Settings(
        Map.of(
            "target",
            "default",
            "ingress_priority",
            0,
            "interfaces",
            List.of(zone.device()),
            "forward",
            false));
  }
}
