package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import java.util.List;

/** Intended guard rules beside what was found. */
public sealed interface GuardListing {

  /** Name of the table they are in, for people. */
  String TABLE = GuardTableCompiler.TABLE;

  /**
   * The table could be read, or is not there.
   *
   * @param nodePorts rows that close NodePorts or keep some open, in order, then what is ours and
   *     not intended
   * @param tunnel one for each family; none if the tunnel is not guarded
   */
  record Compared(List<Entry> nodePorts, List<Tunnel> tunnel) implements GuardListing {
    public Compared {
      nodePorts = List.copyOf(nodePorts);
      tunnel = List.copyOf(tunnel);
    }
  }

  /**
   * It could not.
   *
   * @param message what is in the way
   * @param remedy what to do
   */
  record Unreadable(String message, String remedy) implements GuardListing {}

  /**
   * The rule that closes the tunnel to strangers.
   *
   * @param rule in words
   * @param state how it stands
   * @param text what was found; empty if nothing was
   */
  record Tunnel(String rule, State state, String text) {}
}
