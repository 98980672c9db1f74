package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Says what failed steps mean, and what to do about them. */
public final class FailureInterpreter {

  private static final int MAX_OF_A_KIND = 20;

  private static final String VXLAN_REMEDY =
      "modprobe vxlan; on Ubuntu for Raspberry Pi first: apt install linux-modules-extra-raspi";

  /** Findings for these failures, at most a few of each kind with the number of the others. */
  public List<Finding> interpret(List<ChangeFailure> failures) {
    List<Finding> findings = new ArrayList<>();
    Map<String, Integer> counts = new TreeMap<>();
    Set<String> failedDevices = new HashSet<>();
    for (ChangeFailure failure : failures) {
      switch (failure.change()) {
        case StateChange.CreateTunnel create -> failedDevices.add(create.object());
        case StateChange.CreateBridge create -> failedDevices.add(create.object());
        case StateChange.CreateProbe create -> failedDevices.add(create.object());
        case StateChange.SetUp up -> failedDevices.add(up.name());
        default -> {}
      }
    }
    for (ChangeFailure failure : failures) {
      if (failure.change().concernsPeer()
          && failure.change().device().filter(failedDevices::contains).isPresent()) {
        // The failure of the device tells it.
        continue;
      }
      interpret(failure)
          .ifPresent(
              finding -> {
                String kind = finding.reason() + "/" + failure.change().kind();
                if (counts.merge(kind, 1, Integer::sum) <= MAX_OF_A_KIND) {
                  findings.add(finding);
                }
              });
    }
    counts.forEach(
        (kind, count) -> {
          if (count > MAX_OF_A_KIND) {
            findings.add(
                new Finding(
                    Reason.ProgrammingFailed,
                    kind,
                    "and " + (count - MAX_OF_A_KIND) + " more of " + kind,
                    ""));
          }
        });
    return List.copyOf(findings);
  }

  private Optional<Finding> interpret(ChangeFailure failure) {
    return switch (failure.cause()) {
      case ChangeFailure.Cause.NoDevice none -> Optional.empty();
      case ChangeFailure.Cause.Refused refused ->
          Optional.of(refused(failure.change(), refused.error()));
      case ChangeFailure.Cause.NoSuchSysctl none -> Optional.of(noSysctl(failure.change()));
      case ChangeFailure.Cause.NotWritable reason ->
          Optional.of(
              new Finding(
                  failure.change().isDispensable() ? Reason.SysctlRefused : Reason.ReadOnlySysctl,
                  failure.change().object(),
                  "sysctl "
                      + failure.change().object()
                      + wanted(failure.change())
                      + " and cannot be written: "
                      + reason.message(),
                  "give the daemon the node's /proc/sys/net (option --sysctl-dir) and NET_ADMIN, or"
                      + " set it on the node with sysctl -w"));
      case ChangeFailure.Cause.BadValue reason ->
          Optional.of(
              new Finding(
                  Reason.SysctlRefused,
                  failure.change().object(),
                  "sysctl "
                      + failure.change().object()
                      + wanted(failure.change())
                      + " and the kernel refuses the value: "
                      + reason.message(),
                  "correct spec.sysctls of the PodNetwork"));
      case ChangeFailure.Cause.NftRefused reason ->
          Optional.of(nftUnavailable(reason.message(), !failure.change().isDispensable()));
      case ChangeFailure.Cause.FilterRefused reason ->
          Optional.of(tunnelFilterUnavailable(failure.change(), reason.message()));
      case ChangeFailure.Cause.NotKept none -> Optional.of(notKept(failure.change()));
    };
  }

  /**
   * The finding for a kernel that has no nf_tables, or refuses what it is asked.
   *
   * @param required whether pods would not work without our table
   */
  public Finding nftUnavailable(String message, boolean required) {
    return new Finding(
        Reason.NftUnavailable,
        required,
        "table " + RulesetCompiler.TABLE,
        (required
                ? "source address translation is not in place: "
                : "ports of this node that lead to pods are not mended when their rules go: ")
            + message,
        "run a kernel of 5.2 or later with nf_tables and nft_masq (modprobe -a nf_tables nft_masq)");
  }

  /** The finding for a kernel that tells nothing of its tables, as one without nf_tables. */
  public Finding tunnelFilterUnavailable(String message) {
    return new Finding(
        Reason.TunnelFilterUnavailable,
        "table " + TunnelFilterCompiler.TABLE,
        "the tunnel takes packets from everybody, since its filter cannot be put into the kernel: "
            + message,
        "run a kernel of 5.2 or later with nf_tables on this node (modprobe nf_tables), and let the"
            + " network before the node drop the tunnel's port for others");
  }

  private Finding tunnelFilterUnavailable(StateChange change, String message) {
    return change instanceof StateChange.AddTunnelPeers
        ? new Finding(
            Reason.TunnelFilterUnavailable,
            "table " + TunnelFilterCompiler.TABLE,
            "packets of nodes are dropped ("
                + change.detail()
                + "), since the tunnel's filter cannot be changed: "
                + message,
            "see what is there: nft list table " + TunnelFilterCompiler.TABLE)
        : tunnelFilterUnavailable(message);
  }

  private static Finding notKept(StateChange change) {
    if (change instanceof StateChange.EnsureSysctl) {
      return new Finding(
          change.isDispensable() ? Reason.SysctlRefused : Reason.ProgrammingFailed,
          change.object(),
          "sysctl "
              + change.object()
              + wanted(change)
              + ", was written several times in a row and has another value: something on this"
              + " host sets it back at once, or the kernel keeps it in another form",
          change.isDispensable()
              ? "put into spec.sysctls of the PodNetwork what the node shows: sysctl "
                  + change.object()
              : "see what it is, and what sets it: sysctl " + change.object());
    }
    return new Finding(
        Reason.ProgrammingFailed,
        change.object(),
        change.action() == Change.Action.REMOVED
            ? "was removed several times in a row and is there again: something on this"
                + " host puts it back at once"
            : "was put into the kernel several times in a row and is not there: something"
                + " on this host takes it away at once",
        "see what does: ip monitor all");
  }

  private static Finding noSysctl(StateChange change) {
    if (change instanceof StateChange.EnsureSysctl sysctl
        && sysctl.setting().absence() == SysctlSetting.Absence.BRIDGE_NETFILTER_MISSING) {
      return new Finding(
          Reason.ModuleMissing,
          "br_netfilter",
          "kernel module br_netfilter is not loaded (no "
              + change.object()
              + "): Services would not work between pods of this node",
          "modprobe br_netfilter; to keep it: echo br_netfilter > /etc/modules-load.d/tweed.conf");
    }
    return change.isDispensable()
        ? new Finding(
            Reason.SysctlRefused,
            change.object(),
            "the kernel has no sysctl " + change.object(),
            "correct spec.sysctls of the PodNetwork")
        : new Finding(
            Reason.ReadOnlySysctl,
            change.object(),
            "there is no sysctl " + change.object() + " to read or write",
            "give the daemon the node's /proc/sys/net (option --sysctl-dir)");
  }

  private static String wanted(StateChange change) {
    return change instanceof StateChange.EnsureSysctl sysctl
        ? switch (sysctl.setting().rule()) {
          case SysctlSetting.Rule.Exactly exactly -> " should be " + exactly.value();
          case SysctlSetting.Rule.AtLeast least -> " should be at least " + least.value();
          case SysctlSetting.Rule.AnyBut but -> " should be " + but.instead();
          case SysctlSetting.Rule.NotStrict loose -> " should not be strict (1)";
        }
        : "";
  }

  private static Finding refused(StateChange change, NetlinkError error) {
    String what = verb(change) + " " + change.object() + ": " + error;
    return switch (change) {
      case StateChange.CreateTunnel tunnel when is(error, Errno.EOPNOTSUPP) ->
          new Finding(
              Reason.ModuleMissing,
              "vxlan",
              "kernel module vxlan is missing, so " + change.object() + " cannot be made: " + error,
              VXLAN_REMEDY);
      case StateChange.CreateTunnel tunnel when error.isAlreadyThere() ->
          new Finding(
              Reason.VniInUse,
              change.object(),
              "another device has VXLAN network identifier "
                  + tunnel.tunnel().vni()
                  + " on UDP port "
                  + tunnel.tunnel().port()
                  + ": "
                  + error,
              "find it with: ip -d link show type vxlan");
      case StateChange.SetUp up when is(error, Errno.EADDRINUSE) ->
          new Finding(
              Reason.PortInUse,
              change.object(),
              "the UDP port of " + change.object() + " is in use: " + error,
              "find out by what: ss -lunp; ip -d link show type vxlan");
      case StateChange.CreateBridge bridge when is(error, Errno.EOPNOTSUPP) ->
          new Finding(
              Reason.ModuleMissing,
              "bridge",
              "kernel module bridge is missing, so "
                  + change.object()
                  + " cannot be made: "
                  + error,
              "modprobe bridge");
      case StateChange.PutRoute put when put.nextHopId() != 0 && is(error, Errno.EOPNOTSUPP) ->
          new Finding(
              Reason.ProgrammingFailed,
              change.object(),
              what + ": this kernel knows no nexthop objects",
              "run Linux 5.3 or later on this node");
      default -> new Finding(Reason.ProgrammingFailed, change.object(), what, "");
    };
  }

  private static boolean is(NetlinkError error, int errno) {
    return error.errno() == errno;
  }

  private static String verb(StateChange change) {
    String verb =
        switch (change.action()) {
          case ADDED -> "cannot set";
          case CHANGED -> "cannot change";
          case REMOVED -> "cannot remove";
        };
    String detail = change.detail().isEmpty() ? "" : " (" + change.detail() + ")";
    return verb + " " + change.kind().name().toLowerCase(Locale.ROOT) + detail;
  }
}
