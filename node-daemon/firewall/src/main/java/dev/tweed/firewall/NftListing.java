package dev.tweed.firewall;

import java.io.IOException;
import java.io.InputStream;

/**
 * The kernel's packet filter as JSON (libnftables-json(5)); read only. Streams, because a node with
 * thousands of Services has megabytes of it; the caller closes them. Reading throws where listing
 * failed.
 */
public interface NftListing {

  /** All chains, without rules. */
  InputStream chains() throws IOException;

  /** One table with its chains and rules, without the elements of sets. */
  InputStream table(String family, String name) throws IOException;
}
