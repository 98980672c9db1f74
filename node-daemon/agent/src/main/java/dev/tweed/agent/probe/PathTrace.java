package dev.tweed.agent.probe;

import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.ip.IpPrefix;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;

/** Finds out where packets to and from unreached peers are lost. Used by one thread at a time. */
public interface PathTrace {

  /**
   * What is known by now. Asked with none at the beginning and at the end, every few seconds while
   * there are unreached peers, and once more with none after them; never fails, and returns within
   * seconds whatever the kernel does.
   *
   * @param unreached all of them
   * @return by block; what is not known is not in it
   */
  Map<IpPrefix, Located> look(Collection<UnreachedPeer> unreached);

  /**
   * Where packets are lost.
   *
   * @param where in one word
   * @param detail for people: what arrives, what does not, and which chain drops it as far as that
   *     can be told
   * @param heard whether packets of the peer's have come of late, which shows that it lives
   */
  record Located(Where where, String detail, boolean heard) {
    /** Refuses nulls. */
    public Located {
      Objects.requireNonNull(where, "where");
      Objects.requireNonNull(detail, "detail");
    }

    /** Of a peer that nothing was heard of. */
    public Located(Where where, String detail) {
      this(where, detail, false);
    }
  }
}
