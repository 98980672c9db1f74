package dev.tweed.firewall.firewalld;

/** Files of firewalld's permanent model, as firewalld itself writes them. */
final class ModelFileRenderer {

  private static final String HEAD = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

  private ModelFileRenderer() {}

  /** A file for /etc/firewalld/policies. */
  static String file(Policy policy) {
    StringBuilder xml = new StringBuilder(HEAD);
    xml.append("<policy priority=\"%d\" target=\"CONTINUE\">\n".formatted(policy.priority()));
    xml.append(
        """
          <short>Tweed</short>
          <description>Kept by Tweed: FirewallPolicies, and what its pod networks need. What is changed here is put back.</description>
        """);
    policy.rules().forEach(r -> xml.append(RichRuleRenderer.xml(r.priority(), r.rule())));
    xml.append("  <ingress-zone name=\"%s\"/>\n".formatted(policy.ends().ingress()));
    xml.append("  <egress-zone name=\"%s\"/>\n".formatted(policy.ends().egress()));
    return xml.append("</policy>\n").toString();
  }

  /** A file for /etc/firewalld/zones. */
  static String file(DeviceZone zone) {
    return HEAD
        + """
        <zone>
          <short>Tweed</short>
          <description>Kept by Tweed: a device of a pod network, so that rules can name it.</description>
          <interface name="%s"/>
        </zone>
        """
            .formatted(zone.device());
  }
}
