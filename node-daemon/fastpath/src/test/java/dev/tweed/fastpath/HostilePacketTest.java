package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.BpfObject.Rehearsal;
import dev.tweed.netlink.Errno;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What arrives is anybody's. A proven packet, damaged in every way that chance finds, is given to
 * each program on the real kernel: it goes fast unchanged in what decides, or takes the ordinary
 * path to the byte.
 */
@Tag("kernel")
class HostilePacketTest {
  private static final int ROUNDS = 60_000;
  private static final int OUTER = 50;
  private static final int DONT_FRAGMENT = 0x40;

  private BpfObject object;

  @BeforeEach
  void load() throws BpfException {
    object = LoadedPrograms.load();
  }

  @AfterEach
  void close() {
    if (object != null) {
      object.close();
    }
  }

  /** A way on which packets go fast. */
  private enum Way {
    SENT(Program.FROM_POD),
    SWITCHED(Program.FROM_POD),
    FROM_TUNNEL(Program.FROM_TUNNEL),
    DECAPSULATED(Program.FROM_WIRE),
    ROUTED(Program.FROM_WIRE);

    private final Program program;

    Way(Program program) {
      this.program = program;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedPacketIsLeftAloneOrStillProven(Way way) throws BpfException {
    Program program = way.program;
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    SelfTest proven = new SelfTest(object);
    proven.prepare();
    proven.proveFlows();
    int inner = way == Way.DECAPSULATED ? OUTER : 0;
    if (way == Way.DECAPSULATED) {
      proven.encapsulate();
    }
    if (way == Way.ROUTED) {
      proven.route();
    }
    byte[] good =
        switch (way) {
          case SWITCHED -> proven.switched();
          case ROUTED -> proven.incoming();
          case SENT, FROM_TUNNEL, DECAPSULATED -> proven.packet(program);
        };
    assertThat(object.rehearse(program, good).verdict()).isEqualTo(Rehearsal.REDIRECT);
    int fast = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] packet = damage(good, random);
      Rehearsal after;
      try {
        after = object.rehearse(program, packet);
      } catch (BpfException refused) {
        // The kernel makes no packet of so few bytes for a test run.
        assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
        assertThat(packet).hasSizeLessThan(54);
        continue;
      }
      String what =
          "seed " + seed + " round " + round + ": " + java.util.HexFormat.of().formatHex(packet);
      if (after.verdict() == -1) {
        assertThat(after.packet()).as(what).isEqualTo(packet);
        continue;
      }
      fast++;
      assertThat(after.verdict()).as(what).isEqualTo(Rehearsal.REDIRECT);
      assertThat(after.packet()).as(what).hasSize(packet.length - inner);
      // Version and length of the header, protocol, addresses, ports: those of the proven flow.
      for (int[] range : new int[][] {{12, 15}, {23, 24}, {26, 38}}) {
        assertThat(Arrays.copyOfRange(packet, range[0] + inner, range[1] + inner))
            .as(what)
            .isEqualTo(Arrays.copyOfRange(good, range[0] + inner, range[1] + inner));
      }
      if (way == Way.SWITCHED) {
        // Hardware addresses, too; and nothing changes.
        assertThat(Arrays.copyOf(packet, 12)).as(what).isEqualTo(Arrays.copyOf(good, 12));
        assertThat(after.packet()).as(what).isEqualTo(packet);
      }
      assertThat(packet[20 + inner] & ~DONT_FRAGMENT).as(what).isZero();
      assertThat(packet[21 + inner]).as(what).isZero();
      // All behind the network header arrives as it was.
      assertThat(Arrays.copyOfRange(after.packet(), 34, after.packet().length))
          .as(what)
          .isEqualTo(Arrays.copyOfRange(packet, 34 + inner, packet.length));
      if (inner > 0) {
        // Of the outer header: addresses, port, flags and network.
        for (int[] range : new int[][] {{12, 15}, {23, 24}, {26, 34}, {36, 38}, {42, 50}}) {
          assertThat(Arrays.copyOfRange(packet, range[0], range[1]))
              .as(what)
              .isEqualTo(Arrays.copyOfRange(good, range[0], range[1]));
        }
      }
    }
    assertThat(fast).as("packets that stayed proven").isPositive();
  }

  /** One to four bytes changed, or the end cut off, or more at the end. */
  private static byte[] damage(byte[] good, Random random) {
    byte[] packet = good.clone();
    switch (random.nextInt(8)) {
      case 0 -> packet = Arrays.copyOf(packet, random.nextInt(packet.length));
      case 1 -> packet = Arrays.copyOf(packet, packet.length + random.nextInt(1000));
      case 2 -> random.nextBytes(packet);
      default -> {
        for (int i = random.nextInt(4); i >= 0; i--) {
          packet[random.nextInt(packet.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return packet;
  }
}
