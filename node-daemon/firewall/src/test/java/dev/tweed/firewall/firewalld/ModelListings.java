package dev.tweed.firewall.firewalld;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What firewalld would list for a model. */
final class ModelListings {

  private ModelListings() {}

  static Running running(Model model) {
    return new Running(
        new Listing(model.policies().stream().map(ModelListings::entry).toList()),
        new Listing(model.zones().stream().map(ModelListings::entry).toList()));
  }

  private static Listing.Entry entry(Policy policy) {
    Map<String, List<String>> settings = new LinkedHashMap<>();
    settings.put("priority", List.of(Integer.toString(policy.priority())));
    settings.put("target", List.of("CONTINUE"));
    settings.put("ingress-zones", List.of(policy.ends().ingress()));
    settings.put("egress-zones", List.of(policy.ends().egress()));
    settings.put("services", List.of());
    settings.put("masquerade", List.of("no"));
    settings.put("rich rules", policy.texts());
    return new Listing.Entry(policy.name(), settings);
  }

  private static Listing.Entry entry(DeviceZone zone) {
    Map<String, List<String>> settings = new LinkedHashMap<>();
    settings.put("target", List.of("default"));
    settings.put("ingress-priority", List.of("0"));
    settings.put("interfaces", List.of(zone.device()));
    settings.put("services", List.of());
    settings.put("forward", List.of("no"));
    return new Listing.Entry(zone.name(), settings);
  }
}
