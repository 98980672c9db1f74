package dev.tweed.firewall.ufw;

/** A rule as {@code ufw status verbose} shows it, with single blanks and without its comment. */
final class UfwStatusRenderer {

  private static final String V6 = " (v6)";

  private final UfwTuple.TupleMatch match;

  private UfwStatusRenderer(UfwTuple.TupleMatch match) {
    this.match = match;
  }

  /** Such as {@code 6443/tcp ALLOW IN 10.244.0.0/16}. */
  static String text(UfwTuple tuple) {
    UfwTuple.TupleMatch match = tuple.match();
    UfwStatusRenderer renderer = new UfwStatusRenderer(match);
    // Devices stand where the packets come from and go to; for the host itself, the other way.
    String to =
        renderer.end(match.destination(), match.destinationPorts())
            + on(match.routed() ? match.interfaceOut() : match.interfaceIn());
    String from =
        renderer.end(match.source(), match.sourcePorts())
            + on(match.routed() ? match.interfaceIn() : match.interfaceOut());
    return to
        + " "
        + tuple.action()
        + (match.routed() ? " FWD " : match.outgoing() ? " OUT " : " IN ")
        + from
        + switch (tuple.logging()) {
          case NONE -> "";
          case NEW -> " (log)";
          case ALL -> " (log-all)";
        };
  }

  private String end(String address, String ports) {
    boolean anywhere = UfwRuleRenderer.isAnywhere(address);
    StringBuilder text = new StringBuilder(anywhere ? "" : address);
    if (!ports.equals("any")) {
      text.append(anywhere ? "" : " ").append(ports).append(protocol());
      if (isV6()
          && UfwRuleRenderer.isAnywhere(match.source())
          && UfwRuleRenderer.isAnywhere(match.destination())) {
        text.append(V6);
      }
      return text.toString();
    }
    boolean noPorts = match.destinationPorts().equals(match.sourcePorts());
    if (!anywhere) {
      return text.append(noPorts ? protocol() : "").toString();
    }
    return "Anywhere"
        + (noPorts && match.source().equals(match.destination()) ? protocol() : "")
        + (isV6() ? V6 : "");
  }

  private String protocol() {
    return match.protocol().equals("any") ? "" : "/" + match.protocol();
  }

  private boolean isV6() {
    return match.source().indexOf(':') >= 0;
  }

  private static String on(String device) {
    return device.isEmpty() ? "" : " on " + device;
  }
}
