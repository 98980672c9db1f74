package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import java.util.List;

/** Plans and steps as text for golden files. */
final class PlanText {
  private PlanText() {}

  static String of(Plan plan) {
    StringBuilder text = new StringBuilder();
    DesiredState desired = plan.desired();
    text.append("device ").append(plan.device()).append(" pod mtu ").append(plan.podMtu());
    text.append('\n');
    plan.underlay()
        .ifPresent(
            underlay ->
                text.append("underlay ")
                    .append(underlay.device())
                    .append(' ')
                    .append(underlay.address())
                    .append('\n'));
    desired.tunnels().forEach(tunnel -> text.append(tunnel).append('\n'));
    desired.bridge().ifPresent(bridge -> text.append(bridge).append('\n'));
    desired
        .probe()
        .ifPresent(
            probe -> {
              text.append(probe).append('\n');
              probe.routes().forEach(route -> text.append(route).append('\n'));
              probe.neighbours().forEach((ip, mac) -> text.append(ip + " is " + mac + "\n"));
              probe
                  .rules(Machine.MARKS.routeProtocol())
                  .forEach(
                      rule -> text.append(new StateChange.PutRule(rule).object()).append('\n'));
            });
    desired.retained().stream()
        .sorted()
        .forEach(name -> text.append("retained ").append(name).append('\n'));
    for (PlannedPeer peer : desired.peers()) {
      text.append(peer.node())
          .append(": ")
          .append(peer.route())
          .append(" over ")
          .append(peer.path())
          .append('\n');
    }
    desired.sysctls().forEach(setting -> text.append(setting).append('\n'));
    text.append("rules ")
        .append(desired.rules().isPresent() ? "wanted" : "not wanted")
        .append('\n');
    text.append(findings(plan.findings()));
    return text.toString();
  }

  static String findings(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    findings.forEach(
        finding ->
            text.append(finding.reason())
                .append(' ')
                .append(finding.object())
                .append(": ")
                .append(finding.message())
                .append(" -> ")
                .append(finding.remedy())
                .append('\n'));
    return text.toString();
  }

  static String of(List<StateChange> changes) {
    StringBuilder text = new StringBuilder();
    for (StateChange change : changes) {
      text.append(change.kind())
          .append(' ')
          .append(change.action())
          .append(' ')
          .append(change.object());
      if (!change.detail().isEmpty()) {
        text.append(' ').append(change.detail());
      }
      text.append('\n');
    }
    return text.toString();
  }
}
