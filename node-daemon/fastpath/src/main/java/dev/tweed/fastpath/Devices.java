package dev.tweed.fastpath;

import dev.tweed.netlink.Link;
import dev.tweed.netlink.Qdisc;
import java.util.List;
import java.util.Optional;

/**
 * The devices of a network namespace, and what is in the way of packets on them.
 *
 * @param links all of them
 * @param qdiscs their queue disciplines
 */
public record Devices(List<Link> links, List<Qdisc> qdiscs) {

  /** What a device has that never waits for anything, and holds back nothing. */
  public static final String NO_QUEUE = "noqueue";

  private static final String CLSACT = "clsact";

  /** Copies the lists. */
  public Devices {
    links = List.copyOf(links);
    qdiscs = List.copyOf(qdiscs);
  }

  /** The device of this name. */
  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** The device of this index. */
  public Optional<Link> link(int index) {
    return links.stream().filter(link -> link.index() == index).findFirst();
  }

  /**
   * The queue discipline that packets of a device wait in: that of what it sends, or, where that is
   * none, one of what it receives, as the bandwidth plugin sets one to limit what a pod sends.
   */
  public String qdisc(int device) {
    return kind(device, Qdisc.ROOT)
        .filter(kind -> !kind.equals(NO_QUEUE))
        .or(() -> kind(device, Qdisc.INGRESS).filter(kind -> !kind.equals(CLSACT)))
        .orElse(NO_QUEUE);
  }

  /** Whether there may be filters of tc on a device. */
  public boolean hasFilters(int device) {
    return kind(device, Qdisc.INGRESS).isPresent();
  }

  private Optional<String> kind(int device, int parent) {
    return qdiscs.stream()
        .filter(qdisc -> qdisc.linkIndex() == device && qdisc.parent() == parent)
        .map(Qdisc::kind)
        .findFirst();
  }
}
