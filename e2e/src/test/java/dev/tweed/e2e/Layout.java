package dev.tweed.e2e;

import dev.tweed.e2e.bed.BedSettings;
import dev.tweed.e2e.bed.ClusterPlan;
import dev.tweed.e2e.bed.MachinePlan;
import dev.tweed.e2e.bed.MachinePlan.Role;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The clusters the tests run on. Classes with the same layout share one. */
enum Layout {
  /** A control plane without kubelet and the nodes n1, n2, n3. */
  THREE_NODES {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.test(settings, 3);
    }
  },

  /** A control plane without kubelet and the nodes n1, n2. */
  TWO_NODES {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.test(settings, 2);
    }
  },

  /**
   * The same, for nodes with a firewall. They forward from the start: where nothing is forwarded,
   * ufw shows what it does with routed packets as "disabled".
   */
  TWO_NODES_WITH_UFW {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.test(
          settings,
          TWO_NODES.plan(settings).machines().stream()
              .map(machine -> machine.with("BED_IP_FORWARD", "1"))
              .toList());
    }
  },

  /**
   * A control plane with a kubelet and the nodes n1, n2, which forward from the start. What
   * firewall they have, {@link FirewallNodes} says.
   */
  NODES_WITH_FIREWALLS {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.test(
          settings,
          Stream.of(
                  new MachinePlan("cp", Role.BOTH, Map.of()),
                  MachinePlan.node("n1"),
                  MachinePlan.node("n2"))
              .map(machine -> machine.with("BED_IP_FORWARD", "1"))
              .toList());
    }
  },

  /** Everything on one machine. */
  ONE_MACHINE {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.test(settings, List.of(new MachinePlan("n1", Role.BOTH, Map.of())));
    }
  },

  /**
   * Two machines; kube-controller-manager gives each Node its podCIDR out of 10.244.0.0/16. No
   * kube-proxy.
   */
  NODE_POD_CIDR {
    @Override
    ClusterPlan plan(BedSettings settings) {
      MachinePlan controlPlane =
          new MachinePlan("n1", Role.BOTH, Map.of())
              .with(
                  "BED_CONTROLLER_MANAGER_ARGS",
                  "--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"
                      + " --node-cidr-mask-size=24")
              .with("BED_KUBE_PROXY", "off");
      MachinePlan node = MachinePlan.node("n2").with("BED_KUBE_PROXY", "off");
      return ClusterPlan.test(settings, List.of(controlPlane, node));
    }
  },

  /** Two machines that know each other by addresses of IPv6 only, as they know Services. */
  IPV6_ONLY {
    @Override
    ClusterPlan plan(BedSettings settings) {
      return ClusterPlan.ipv6Only(
          settings, List.of(new MachinePlan("n1", Role.BOTH, Map.of()), MachinePlan.node("n2")));
    }
  };

  abstract ClusterPlan plan(BedSettings settings);

  /**
   * Whether Tweed is installed with the rights to the fast path: on clusters where pods of several
   * nodes talk and nothing of the host's firewall is looked at. The others have what the chart
   * gives by default.
   */
  boolean hasFastPath() {
    return this == THREE_NODES || this == IPV6_ONLY;
  }
}
