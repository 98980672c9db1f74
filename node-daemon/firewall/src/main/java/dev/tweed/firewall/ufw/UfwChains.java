package dev.tweed.firewall.ufw;

import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The chains of ufw's user rules in the kernel. */
public interface UfwChains {

  /**
   * Rules of the chains, in order; empty if ufw's chains are not in the kernel.
   *
   * @throws IOException if they could not be listed
   */
  Optional<List<String>> list(AddressFamily family) throws IOException;

  /**
   * Feeds input to iptables-restore, without flushing what it does not name.
   *
   * @throws IOException if it was refused; nothing has changed then
   */
  void restore(AddressFamily family, String input) throws IOException;
}
