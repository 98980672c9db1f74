package dev.tweed.fastpath;

import java.util.List;
import java.util.Objects;

/** Why packets take the ordinary path: of a whole node, of a peer or of a pod. */
public sealed interface FastPathOff {

  /** A name for status and metrics, in CamelCase. */
  default String reason() {
    return getClass().getSimpleName();
  }

  /** One sentence for people: what is so, and what to do. */
  String message();

  /** Of the whole node. */
  sealed interface OfNode extends FastPathOff {}

  /** Of one peer. */
  sealed interface OfPeer extends FastPathOff {}

  /** Of one pod. */
  sealed interface OfPod extends FastPathOff {}

  /** {@code spec.fastPath} of the PodNetwork says so. */
  record SwitchedOff() implements OfNode {
    @Override
    public String message() {
      return "spec.fastPath of the PodNetwork is Off";
    }
  }

  /**
   * Capabilities the daemon does not have.
   *
   * @param missing their names, without CAP_
   */
  record RightsMissing(List<String> missing) implements OfNode {
    /** Copies the list. */
    public RightsMissing {
      missing = List.copyOf(missing);
    }

    @Override
    public String message() {
      return "the daemon lacks the capabilities "
          + String.join(", ", missing)
          + ", without which packets take the ordinary path: set the chart value node.fastPath=true, or add them to the unit of the service; or set"
          + " spec.fastPath to \"Off\"";
    }
  }

  /**
   * The kernel cannot.
   *
   * @param release of the kernel
   * @param needed the first that can
   */
  record KernelTooOld(String release, String needed) implements OfNode {
    @Override
    public String message() {
      return "the kernel is " + release + ", and the fast path needs " + needed;
    }
  }

  /**
   * libbpf.so.1 cannot be loaded.
   *
   * @param detail the loader's words
   */
  record LibraryMissing(String detail) implements OfNode {
    /** Refuses nulls. */
    public LibraryMissing {
      Objects.requireNonNull(detail, "detail");
    }

    @Override
    public String message() {
      return "libbpf.so.1 cannot be loaded (package libbpf1): " + detail;
    }
  }

  /**
   * The kernel refuses the programs.
   *
   * @param detail the verifier's words
   */
  record ProgramRefused(String detail) implements OfNode {
    @Override
    public String message() {
      return "the kernel refuses the eBPF programs: " + detail;
    }
  }

  /**
   * The programs were loaded, and do not do what they should.
   *
   * @param detail what came out
   */
  record SelfTestFailed(String detail) implements OfNode {
    @Override
    public String message() {
      return "the self-test of the eBPF programs failed: " + detail;
    }
  }

  /** Connection tracking would call packets invalid that come back from the fast path. */
  record WindowTrackingStrict() implements OfNode {
    @Override
    public String message() {
      return "net.netfilter.nf_conntrack_tcp_be_liberal is 0: connections would break on hosts that"
          + " drop invalid packets; set it to 1";
    }
  }

  /**
   * There is no tunnel where one should be, or one that is not plain VXLAN.
   *
   * @param detail what it is instead
   */
  record NoPlainTunnel(String detail) implements OfNode {
    @Override
    public String message() {
      return "there is no plain VXLAN device: " + detail;
    }
  }

  /**
   * Somebody's program is on a device every packet passes.
   *
   * @param device its name
   */
  record ForeignProgramOnDevice(String device) implements OfNode {
    @Override
    public String message() {
      return "a foreign program of tc or XDP or a queue discipline is on "
          + device
          + " (bpftool net show dev "
          + device
          + "; tc qdisc show dev "
          + device
          + ")";
    }
  }

  /** Packets to this peer go neither by the tunnel nor plainly over the underlay device. */
  record NotTunnelled() implements OfPeer {
    @Override
    public String message() {
      return "packets to this peer go neither by the tunnel nor by a plain route over an underlay device"
          + " that is free of programs and filters of tc";
    }
  }

  /**
   * More blocks than the map has room for.
   *
   * @param most blocks
   */
  record TooManyPeers(int most) implements OfPeer {
    @Override
    public String message() {
      return "there is room for " + most + " blocks of peers";
    }
  }

  /**
   * A queue discipline on the pod's device, such as that of the bandwidth plugin, would be skipped.
   *
   * @param kind such as {@code tbf}
   */
  record Shaped(String kind) implements OfPod {
    @Override
    public String message() {
      return "its host-side device has the queue discipline " + kind + ", which limits its traffic";
    }
  }

  /** A program of somebody else on the pod's device would be skipped. */
  record ForeignProgram() implements OfPod {
    @Override
    public String message() {
      return "a foreign tc program is on its host-side device";
    }
  }

  /** Two devices claim the same address. */
  record AddressTwice() implements OfPod {
    @Override
    public String message() {
      return "another pod's device claims the same address";
    }
  }

  /**
   * More pods than the map has room for.
   *
   * @param most addresses
   */
  record TooManyPods(int most) implements OfPod {
    @Override
    public String message() {
      return "there is room for " + most + " addresses of pods";
    }
  }
}
