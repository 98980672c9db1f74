package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One step from actual to desired state. Devices are named, since they may not exist yet when the
 * step is planned.
 */
public sealed interface StateChange {

  /** What kind of object it changes. */
  Change.Kind kind();

  /** What it does to it. */
  Change.Action action();

  /** Which object, for people. */
  String object();

  /** What exactly, for people. */
  default String detail() {
    return "";
  }

  /** Device that must exist for it; empty when it needs none. */
  default Optional<String> device() {
    return Optional.empty();
  }

  /** Whether it concerns one peer only, so that its failure leaves the rest working. */
  default boolean concernsPeer() {
    return kind() == Change.Kind.FDB
        || kind() == Change.Kind.NEIGHBOUR
        || kind() == Change.Kind.ROUTE;
  }

  /** Whether this node works, and its other peers, when it is left undone. */
  default boolean isDispensable() {
    return concernsPeer()
        || this instanceof AttachPort
        || this instanceof EnsureSysctl sysctl
            && sysctl.setting().need() != SysctlSetting.Need.REQUIRED;
  }

  /**
   * Removes a device.
   *
   * @param index its index, so that no other device of that name is hit
   * @param why for people
   */
  record DeleteLink(int index, String name, String why) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return name;
    }

    @Override
    public String detail() {
      return why;
    }
  }

  /** Makes a VXLAN device, down. */
  record CreateTunnel(TunnelDevice tunnel) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return tunnel.name();
    }
  }

  /** Makes the bridge, down. */
  record CreateBridge(BridgeDevice bridge) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return bridge.name();
    }
  }

  /** Changes attributes of a device that is there; an empty one stays as it is. */
  record SetLink(
      String name,
      OptionalInt mtu,
      Optional<MacAddress> mac,
      Optional<String> alias,
      OptionalInt txQueueLength)
      implements StateChange {
    /** Refuses nulls. */
    public SetLink {
      Objects.requireNonNull(mtu, "mtu");
      Objects.requireNonNull(mac, "mac");
      Objects.requireNonNull(alias, "alias");
      Objects.requireNonNull(txQueueLength, "txQueueLength");
    }

    /** Whether nothing would be changed. */
    public boolean isEmpty() {
      return mtu.isEmpty() && mac.isEmpty() && alias.isEmpty() && txQueueLength.isEmpty();
    }

    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.CHANGED;
    }

    @Override
    public String object() {
      return name;
    }

    @Override
    public String detail() {
      List<String> parts = new ArrayList<>();
      mtu.ifPresent(value -> parts.add("mtu " + value));
      mac.ifPresent(value -> parts.add("address " + value));
      alias.ifPresent(value -> parts.add("alias " + value));
      txQueueLength.ifPresent(value -> parts.add("txqueuelen " + value));
      return String.join(" ", parts);
    }

    @Override
    public Optional<String> device() {
      return Optional.of(name);
    }
  }

  /** Takes a device up. */
  record SetUp(String name) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.CHANGED;
    }

    @Override
    public String object() {
      return name;
    }

    @Override
    public String detail() {
      return "up";
    }

    @Override
    public Optional<String> device() {
      return Optional.of(name);
    }
  }

  /**
   * Makes a pod's device a port of the bridge again.
   *
   * @param index of the pod's device
   * @param port its name
   * @param hairpin whether the port then sends back what came from it, where asked to
   */
  record AttachPort(int index, String port, String bridge, boolean hairpin) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.LINK;
    }

    @Override
    public Change.Action action() {
      return Change.Action.CHANGED;
    }

    @Override
    public String object() {
      return port;
    }

    @Override
    public String detail() {
      return "master " + bridge + (hairpin ? " hairpin on" : "");
    }

    @Override
    public Optional<String> device() {
      return Optional.of(bridge);
    }
  }

  /**
   * Writes a sysctl unless it turns out to be right.
   *
   * @param setting what is wanted
   * @param owner device it belongs to; empty for the node's
   */
  record EnsureSysctl(SysctlSetting setting, Optional<String> owner) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.SYSCTL;
    }

    @Override
    public Change.Action action() {
      return Change.Action.CHANGED;
    }

    @Override
    public String object() {
      return "net/" + setting.path();
    }

    @Override
    public Optional<String> device() {
      return owner;
    }
  }

  /** Gives a device an address. */
  record AddAddress(String name, IpPrefix prefix) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.ADDRESS;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return prefix + " dev " + name;
    }

    @Override
    public Optional<String> device() {
      return Optional.of(name);
    }
  }

  /** Takes an address from a device. */
  record RemoveAddress(String name, Address address) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.ADDRESS;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return address.prefix() + " dev " + name;
    }
  }

  /** Says behind which VTEP a peer's tunnel device is. */
  record PutFdb(String name, MacAddress mac, IpAddress vtep) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.FDB;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return mac + " dev " + name;
    }

    @Override
    public String detail() {
      return "dst " + vtep;
    }

    @Override
    public Optional<String> device() {
      return Optional.of(name);
    }
  }

  /** Forgets an FDB entry. */
  record RemoveFdb(String name, FdbEntry entry) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.FDB;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return entry.mac() + " dev " + name;
    }

    @Override
    public String detail() {
      return entry.vtep().map(vtep -> "dst " + vtep).orElse("");
    }
  }

  /** Says which MAC address a tunnel's next hop has. */
  record PutNeighbour(String name, IpAddress address, MacAddress mac) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.NEIGHBOUR;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return address + " dev " + name;
    }

    @Override
    public String detail() {
      return "lladdr " + mac;
    }

    @Override
    public Optional<String> device() {
      return Optional.of(name);
    }
  }

  /** Forgets a neighbour. */
  record RemoveNeighbour(String name, Neighbour neighbour) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.NEIGHBOUR;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return neighbour.address() + " dev " + name;
    }
  }

  /** Adds a route, or replaces that with the same destination and metric. */
  record PutRoute(PlannedRoute route) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.ROUTE;
    }

    @Override
    public Change.Action action() {
      return Change.Action.ADDED;
    }

    @Override
    public String object() {
      return route.destination().toString();
    }

    @Override
    public String detail() {
      return "via " + route.gateway() + " dev " + route.device();
    }

    @Override
    public Optional<String> device() {
      return Optional.of(route.device());
    }
  }

  /** Removes a route. */
  record RemoveRoute(Route route) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.ROUTE;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return route.destination().toString();
    }

    @Override
    public String detail() {
      return route.gateway().map(gateway -> "via " + gateway).orElse("");
    }
  }

  /** Puts our nftables table in place of what is there. */
  record ReplaceRules(Ruleset rules, Change.Action action) implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.NFT;
    }

    @Override
    public String object() {
      return "table " + Ruleset.TABLE;
    }
  }

  /** Removes our nftables table. */
  record RemoveRules() implements StateChange {
    @Override
    public Change.Kind kind() {
      return Change.Kind.NFT;
    }

    @Override
    public Change.Action action() {
      return Change.Action.REMOVED;
    }

    @Override
    public String object() {
      return "table " + Ruleset.TABLE;
    }
  }
}
