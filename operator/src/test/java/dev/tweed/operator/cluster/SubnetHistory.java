package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.ip.IpPrefix;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Every state the NodeSubnets were ever in: a watch delivers each change in the order etcd made it,
 * so what holds after each event held at every moment.
 */
final class SubnetHistory implements Watcher<NodeSubnet>, AutoCloseable {
  private final Map<String, NodeSubnet> alive = new HashMap<>();
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final AtomicInteger created = new AtomicInteger();
  private final AtomicInteger deleted = new AtomicInteger();
  private final Watch watch;

  SubnetHistory(KubernetesClient client) {
    watch = client.resources(NodeSubnet.class).watch(this);
  }

  @Override
  public synchronized void eventReceived(Action action, NodeSubnet subnet) {
    String name = subnet.getMetadata().getName();
    switch (action) {
      case ADDED -> {
        created.incrementAndGet();
        alive.values().forEach(other -> compare(subnet, other));
        alive.put(name, subnet);
      }
      case MODIFIED -> alive.put(name, subnet);
      case DELETED -> {
        deleted.incrementAndGet();
        alive.remove(name);
      }
      case BOOKMARK -> {}
      case ERROR -> violations.add("the watch broke: " + subnet);
    }
  }

  private void compare(NodeSubnet added, NodeSubnet other) {
    IpPrefix a = IpPrefix.tryParseNetwork(added.getSpec().cidr()).orElseThrow();
    IpPrefix b = IpPrefix.tryParseNetwork(other.getSpec().cidr()).orElseThrow();
    if (a.overlaps(b)) {
      violations.add(describe(added) + " overlaps " + describe(other));
    }
    if (a.family() == b.family() && added.getSpec().nodeName().equals(other.getSpec().nodeName())) {
      violations.add(describe(added) + " is a second block beside " + describe(other));
    }
    if (added.getSpec().vtepMAC().equals(other.getSpec().vtepMAC())) {
      violations.add(describe(added) + " has the VTEP MAC of " + describe(other));
    }
  }

  private static String describe(NodeSubnet s) {
    return "%s (%s of %s)"
        .formatted(s.getSpec().cidr(), s.getSpec().nodeName(), s.getSpec().podNetwork());
  }

  @Override
  public void onClose(WatcherException cause) {
    violations.add("the watch ended: " + cause);
  }

  List<String> violations() {
    return violations;
  }

  int created() {
    return created.get();
  }

  int deleted() {
    return deleted.get();
  }

  synchronized Map<String, NodeSubnet> alive() {
    return Map.copyOf(alive);
  }

  @Override
  public void close() {
    watch.close();
  }
}
