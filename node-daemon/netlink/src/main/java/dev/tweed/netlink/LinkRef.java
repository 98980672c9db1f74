package dev.tweed.netlink;

/** Which device a request means. */
public sealed interface LinkRef {

  /**
   * By index: the safe choice, since an index is not reused when a device is re-created.
   *
   * @param index above 0
   */
  record ByIndex(int index) implements LinkRef {
    /** Refuses what is no index. */
    public ByIndex {
      if (index <= 0) {
        throw new IllegalArgumentException("a link index is above 0, not " + index);
      }
    }
  }

  /**
   * By name: for a device made earlier in the same batch, whose index is not known yet.
   *
   * @param name 1..15 bytes
   */
  record ByName(String name) implements LinkRef {
    /** Refuses what the kernel would refuse, and what it would treat as a pattern. */
    public ByName {
      LinkName.requireValid(name);
    }
  }

  /** The device with this index. */
  static LinkRef of(int index) {
    return new ByIndex(index);
  }

  /** The device with this name. */
  static LinkRef of(String name) {
    return new ByName(name);
  }
}
