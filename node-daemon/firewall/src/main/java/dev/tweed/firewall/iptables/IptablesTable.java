package dev.tweed.firewall.iptables;

import dev.tweed.ip.AddressFamily;
import java.io.IOException;

/** The filter tables of the host. Text is one character per byte (ISO 8859-1). */
public interface IptablesTable {

  /**
   * What iptables-save prints of the filter table.
   *
   * @throws IptablesFailure if it could not be listed
   */
  String list(AddressFamily family) throws IOException;

  /**
   * Feeds input to iptables-restore, without flushing what it does not name: one transaction.
   *
   * @throws IptablesFailure if it was refused; nothing has changed then
   */
  void restore(AddressFamily family, String input) throws IOException;
}
