package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.FastPathPlan.PodEntry;
import dev.tweed.fastpath.FastPathPlan.Routed;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.BpfObject.Rehearsal;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.testing.Needs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Packets of which the NIC has summed every byte (CHECKSUM_COMPLETE): what a program changes has to
 * be in that sum, or the kernel takes the NIC for broken.
 */
@Tag("kernel")
class SummedPacketTest {
  private static final IpAddress POD = IpAddress.parse("2001:db8:1::1");
  private static final IpAddress REMOTE = IpAddress.parse("2001:db8:2::1");
  private static final MacAddress POD_MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final int LOOPBACK = 1;
  private static final int HOP_LIMIT = 14 + 7;

  private BpfObject object;
  private SelfTest proven;

  @BeforeEach
  void load() throws BpfException {
    object = LoadedPrograms.load();
    proven = new SelfTest(object);
    proven.prepare();
    proven.proveFlows();
  }

  @AfterEach
  void close() {
    if (object != null) {
      object.close();
    }
  }

  @Test
  void ofIpv4() throws BpfException {
    goesFast(Program.FROM_POD, proven.packet(Program.FROM_POD));
    goesFast(Program.FROM_POD, proven.switched());
    goesFast(Program.FROM_TUNNEL, proven.packet(Program.FROM_TUNNEL));
    proven.encapsulate();
    goesFast(Program.FROM_WIRE, proven.packet(Program.FROM_WIRE));
    proven.route();
    goesFast(Program.FROM_WIRE, proven.incoming());
  }

  @Test
  void ofIpv6() throws BpfException {
    put(
        "pods",
        EntryEncoder.address(POD),
        EntryEncoder.pod(new PodEntry(LOOPBACK, POD_MAC, new MacAddress(0), false)));
    put("flows", flow(), SelfTest.proof());
    byte[] incoming = incoming();
    assertThat(goesFast(Program.FROM_TUNNEL, incoming)[HOP_LIMIT]).isEqualTo((byte) 63);
    proven.route();
    put(
        "peers",
        EntryEncoder.peerKey(IpPrefix.host(REMOTE)),
        EntryEncoder.peer(new Routed(LOOPBACK, 1400)));
    assertThat(goesFast(Program.FROM_WIRE, incoming)[HOP_LIMIT]).isEqualTo((byte) 63);
  }

  private byte[] goesFast(Program program, byte[] packet) throws BpfException {
    Rehearsal rehearsal;
    try {
      rehearsal = object.rehearseSummed(program, packet);
    } catch (BpfException refused) {
      if (refused.errno() == Errno.EINVAL) {
        throw Needs.unmet("Linux 6.11 or newer: " + refused.getMessage());
      }
      throw refused; // EBADMSG: the sum is wrong
    }
    assertThat(rehearsal.verdict()).isEqualTo(Rehearsal.REDIRECT);
    return rehearsal.packet();
  }

  private void put(String map, byte[] key, byte[] value) throws BpfException {
    object.map(map, key.length, value.length).put(key, value);
  }

  private static byte[] flow() {
    return ByteBuffer.allocate(EntryEncoder.FLOW)
        .order(ByteOrder.nativeOrder())
        .put(EntryEncoder.address(POD))
        .put(EntryEncoder.address(REMOTE))
        .put(new byte[] {0, 7, 0, 7})
        .putInt(17)
        .array();
  }

  /** UDP from the remote pod, port 7 to port 7, 18 bytes. */
  private static byte[] incoming() {
    return ByteBuffer.allocate(14 + 40 + 26)
        .put(new byte[6])
        .put(MacAddress.parse("02:00:00:00:00:02").toBytes())
        .putShort((short) 0x86dd)
        .putInt(0x60000000)
        .putShort((short) 26)
        .put((byte) 17)
        .put((byte) 64)
        .put(REMOTE.toBytes())
        .put(POD.toBytes())
        .putShort((short) 7)
        .putShort((short) 7)
        .putShort((short) 26)
        .array();
  }
}
