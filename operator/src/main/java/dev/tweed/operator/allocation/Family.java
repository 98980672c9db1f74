package dev.tweed.operator.allocation;

/** Address families. */
public enum Family {
  IPV4(32),
  IPV6(128);

  private final int bits;

  Family(int bits) {
    this.bits = bits;
  }

  /** Width of an address. */
  public int bits() {
    return bits;
  }
}
