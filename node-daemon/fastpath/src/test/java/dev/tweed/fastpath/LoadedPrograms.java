package dev.tweed.fastpath;

import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.LibBpf;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.testing.Needs;

/** The programs in the kernel, on no device, for tests that give them packets. */
final class LoadedPrograms {
  private LoadedPrograms() {}

  /** Loads them; where root is missing the test is skipped, or fails if it may not be. */
  static BpfObject load() throws BpfException {
    try {
      return BpfObject.load(LibBpf.load());
    } catch (BpfException refused) {
      if (refused.errno() == Errno.EPERM) {
        throw Needs.unmet("root: " + refused.getMessage());
      }
      throw refused;
    }
  }
}
