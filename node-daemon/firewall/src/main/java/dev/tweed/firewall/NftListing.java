package dev.tweed.firewall;

import java.io.IOException;

/** The kernel's packet filter as JSON (libnftables-json(5)); read only. */
public interface NftListing {

  /** All chains, without rules. */
  String chains() throws IOException;

  /** One table with its chains and rules, without the elements of sets. */
  String table(String family, String name) throws IOException;
}
