package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.BpfObject.Rehearsal;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What queues of the underlay device go by: that of the kernel's {@code ip_tos2prio}. */
@Tag("kernel")
class PacketPriorityTest {
  private static final int TYPE_OF_SERVICE = 15;

  @ParameterizedTest
  @CsvSource({"0x00, 0", "0x02, 0", "0x08, 2", "0x10, 6", "0x18, 4", "0xb8, 4", "0x20, 0"})
  void itIsThatOfItsTypeOfService(String typeOfService, int priority) throws BpfException {
    try (BpfObject object = LoadedPrograms.load()) {
      SelfTest proven = new SelfTest(object);
      proven.prepare();
      proven.proveFlows();
      byte[] packet = proven.packet(Program.FROM_POD);
      packet[TYPE_OF_SERVICE] = (byte) (int) Integer.decode(typeOfService);

      Rehearsal rehearsal = object.rehearse(Program.FROM_POD, packet);

      assertThat(rehearsal.verdict()).isEqualTo(Rehearsal.REDIRECT);
      assertThat(rehearsal.priority()).isEqualTo(priority);
    }
  }
}
