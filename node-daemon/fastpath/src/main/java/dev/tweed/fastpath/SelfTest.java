package dev.tweed.fastpath;

import static dev.tweed.fastpath.kernel.BpfObject.Rehearsal.REDIRECT;

import dev.tweed.fastpath.FastPathCounters.Counter;
import dev.tweed.fastpath.FastPathPlan.PodEntry;
import dev.tweed.fastpath.FastPathPlan.Routed;
import dev.tweed.fastpath.FastPathPlan.Tunnelled;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfMap;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.BpfObject.Rehearsal;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * One packet each way through each program, before real traffic: addresses of documentation, on the
 * loopback device, nothing is sent (BPF_PROG_TEST_RUN). What is proven goes fast and is rewritten
 * to the byte; what is not goes the ordinary way, untouched. The maps are empty afterwards.
 */
final class SelfTest {
  private static final int LOOPBACK = 1;
  private static final int ORDINARY = -1;
  private static final int VNI = 0x5e1f;
  private static final int PORT = 8472;
  private static final int SENDING = 0;
  private static final int RECEIVING = 1;
  private static final Ipv4Address POD = (Ipv4Address) IpAddress.parse("192.0.2.1");
  private static final Ipv4Address NEIGHBOUR = (Ipv4Address) IpAddress.parse("192.0.2.2");
  private static final Ipv4Address REMOTE = (Ipv4Address) IpAddress.parse("198.51.100.1");
  private static final Ipv4Address NODE = (Ipv4Address) IpAddress.parse("203.0.113.1");
  private static final Ipv4Address OTHER_NODE = (Ipv4Address) IpAddress.parse("203.0.113.2");
  // The loopback device's own address is zero, and a packet has to be for it.
  private static final MacAddress HERE = new MacAddress(0);
  private static final MacAddress POD_MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress NEIGHBOUR_MAC = MacAddress.parse("02:00:00:00:00:03");

  private static final IpPrefix BLOCK = IpPrefix.host(REMOTE);

  private final BpfObject object;
  private final BpfMap settings;
  private final BpfMap peers;
  private final BpfMap pods;
  private final BpfMap flows;
  private final BpfMap counters;

  SelfTest(BpfObject object) {
    this.object = object;
    settings = object.map("settings", 4, EntryEncoder.SETTINGS);
    peers = object.map("peers", EntryEncoder.PEER_KEY, EntryEncoder.PEER);
    pods = object.map("pods", EntryEncoder.ADDRESS, EntryEncoder.POD);
    flows = object.map("flows", EntryEncoder.FLOW, EntryEncoder.PROOF);
    counters = object.map("counters", 4, Long.BYTES * object.cpus());
  }

  /** What went wrong, if anything. */
  Optional<String> run() throws BpfException {
    try {
      prepare();
      Optional<String> failure = Optional.empty();
      for (Program program : Program.values()) {
        failure = failure.or(() -> check(program, ORDINARY, packet(program)));
      }
      proveFlows();
      failure =
          failure
              .or(() -> check(Program.FROM_POD, REDIRECT, sent()))
              .or(() -> check(Program.FROM_POD, switched(), REDIRECT, switched()))
              .or(() -> check(Program.FROM_TUNNEL, REDIRECT, received()));
      encapsulate();
      failure = failure.or(() -> check(Program.FROM_WIRE, REDIRECT, received()));
      route();
      return failure
          .or(() -> check(Program.FROM_WIRE, incoming(), REDIRECT, received()))
          .or(this::checkCounters);
    } finally {
      clear();
    }
  }

  /** Puts the pods and the peer of the packets into the maps. */
  void prepare() throws BpfException {
    writeSettings(Optional.empty(), Optional.empty());
    peers.put(
        EntryEncoder.peerKey(BLOCK),
        EntryEncoder.peer(new Tunnelled(PEER_MAC, HERE, 1400, Optional.of(OTHER_NODE))));
    pods.put(
        EntryEncoder.address(POD), EntryEncoder.pod(new PodEntry(LOOPBACK, POD_MAC, HERE, false)));
    pods.put(
        EntryEncoder.address(NEIGHBOUR),
        EntryEncoder.pod(new PodEntry(LOOPBACK, NEIGHBOUR_MAC, HERE, false)));
  }

  /** Takes the flows of the packets for proven, both ways. */
  void proveFlows() throws BpfException {
    flows.put(flow(POD, REMOTE), proof());
    flows.put(flow(NEIGHBOUR, POD), proof());
  }

  /** From here on the programs encapsulate themselves. */
  void encapsulate() throws BpfException {
    writeSettings(Optional.of(new NodeView.Encapsulation(LOOPBACK, NODE)), Optional.empty());
  }

  /** From here on a plain route leads to the peer. */
  void route() throws BpfException {
    writeSettings(Optional.empty(), Optional.of(new NodeView.Wire(LOOPBACK, LOOPBACK)));
    peers.put(EntryEncoder.peerKey(BLOCK), EntryEncoder.peer(new Routed(LOOPBACK, 1400)));
  }

  /** The packet a program is tried with. */
  byte[] packet(Program program) {
    return switch (program) {
      case FROM_POD, TO_PEER -> frame(HERE, POD_MAC, datagram(POD, REMOTE, 64));
      case FROM_TUNNEL, TO_POD -> incoming();
      case FROM_WIRE ->
          frame(HERE, PEER_MAC, ipv4(OTHER_NODE, NODE, 64, udp(40000, PORT, vxlan(incoming()))));
    };
  }

  /** From the peer to the pod, in no tunnel. */
  byte[] incoming() {
    return frame(HERE, PEER_MAC, datagram(REMOTE, POD, 64));
  }

  /** From the pod to the one beside it: by a bridge nothing of it changes. */
  byte[] switched() {
    return frame(NEIGHBOUR_MAC, POD_MAC, datagram(POD, NEIGHBOUR, 64));
  }

  private void clear() throws BpfException {
    for (byte[] key : flows.keys()) {
      flows.remove(key);
    }
    pods.remove(EntryEncoder.address(POD));
    pods.remove(EntryEncoder.address(NEIGHBOUR));
    peers.remove(EntryEncoder.peerKey(BLOCK));
    settings.put(new byte[4], new byte[EntryEncoder.SETTINGS]);
    for (Counter counter : Counter.values()) {
      counters.put(FastPath.key(counter), new byte[Long.BYTES * object.cpus()]);
    }
  }

  private void writeSettings(
      Optional<NodeView.Encapsulation> encapsulation, Optional<NodeView.Wire> wire)
      throws BpfException {
    FastPathPlan.On plan =
        new FastPathPlan.On(
            Optional.of(new NodeView.Tunnel(LOOPBACK, "lo", HERE, VNI, PORT, 0, true)),
            encapsulation,
            wire,
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of());
    settings.put(
        new byte[4],
        EntryEncoder.settings(plan, 1, Duration.ofMinutes(1).toNanos(), SourcePorts.DEFAULT));
  }

  private static byte[] sent() {
    return frame(PEER_MAC, HERE, datagram(POD, REMOTE, 63));
  }

  private static byte[] received() {
    return frame(POD_MAC, HERE, datagram(REMOTE, POD, 63));
  }

  private Optional<String> checkCounters() {
    try {
      FastPathCounters counted = FastPath.counters(counters);
      return counted.sent() == 1 && counted.received() == 3 && counted.of(Counter.SWITCHED) == 1
          ? Optional.empty()
          : Optional.of("five packets were counted as " + counted.packets());
    } catch (BpfException e) {
      return Optional.of(e.getMessage());
    }
  }

  private Optional<String> check(Program program, int verdict, byte[] after) {
    return check(program, packet(program), verdict, after);
  }

  private Optional<String> check(Program program, byte[] packet, int verdict, byte[] after) {
    try {
      Rehearsal rehearsal = object.rehearse(program, packet);
      if (rehearsal.verdict() != verdict) {
        return Optional.of(
            program + " gave the verdict " + rehearsal.verdict() + " instead of " + verdict);
      }
      return Arrays.equals(rehearsal.packet(), after)
          ? Optional.empty()
          : Optional.of(program + " made another packet than it should");
    } catch (BpfException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static byte[] flow(Ipv4Address local, Ipv4Address remote) {
    return ByteBuffer.allocate(EntryEncoder.FLOW)
        .order(ByteOrder.nativeOrder())
        .put(EntryEncoder.address(local))
        .put(EntryEncoder.address(remote))
        .put(new byte[] {0, 7, 0, 7})
        .putInt(17)
        .array();
  }

  /** Of any flow of the loopback device, both ways. */
  static byte[] proof() {
    ByteBuffer proof = ByteBuffer.allocate(EntryEncoder.PROOF).order(ByteOrder.nativeOrder());
    for (int direction : new int[] {SENDING, RECEIVING}) {
      int at = direction * EntryEncoder.PROOF / 2;
      proof.putLong(at, Long.MAX_VALUE).putInt(at + 8, 1);
      proof.putInt(at + 12, LOOPBACK).putInt(at + 16, LOOPBACK);
    }
    return proof.array();
  }

  private static byte[] frame(MacAddress destination, MacAddress source, byte[] ipv4) {
    return ByteBuffer.allocate(14 + ipv4.length)
        .put(destination.toBytes())
        .put(source.toBytes())
        .putShort((short) 0x0800)
        .put(ipv4)
        .array();
  }

  private static byte[] datagram(Ipv4Address source, Ipv4Address destination, int ttl) {
    return ipv4(source, destination, ttl, udp(7, 7, new byte[18]));
  }

  private static byte[] ipv4(Ipv4Address source, Ipv4Address destination, int ttl, byte[] udp) {
    ByteBuffer packet = ByteBuffer.allocate(20 + udp.length);
    packet.putShort(0, (short) 0x4500).putShort(2, (short) packet.capacity());
    packet.put(8, (byte) ttl).put(9, (byte) 17);
    packet.put(12, source.toBytes()).put(16, destination.toBytes()).put(20, udp);
    int sum = 0;
    for (int i = 0; i < 20; i += 2) {
      sum += packet.getShort(i) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return packet.putShort(10, (short) ~sum).array();
  }

  private static byte[] udp(int source, int destination, byte[] payload) {
    return ByteBuffer.allocate(8 + payload.length)
        .putShort((short) source)
        .putShort((short) destination)
        .putShort((short) (8 + payload.length))
        .putShort((short) 0)
        .put(payload)
        .array();
  }

  private static byte[] vxlan(byte[] inner) {
    return ByteBuffer.allocate(8 + inner.length)
        .putInt(0x08000000)
        .putInt(VNI << 8)
        .put(inner)
        .array();
  }
}
