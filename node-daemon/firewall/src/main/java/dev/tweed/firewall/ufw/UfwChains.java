package dev.tweed.firewall.ufw;

import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The chains of ufw's user rules in the kernel. */
public interface UfwChains {

  /**
   * Rules of the chains, in order; empty if ufw is not running, or is being stopped or started.
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

  /**
   * Removes the chains, or empties them where something leads to them still; nothing if they are
   * not there.
   */
  void remove(AddressFamily family);
}
