package dev.tweed.ip;

/** The two address families of a pod network, with their {@code AF_*} numbers (Linux). */
public enum AddressFamily {
  /** {@code AF_INET}. */
  IPV4(2, 32),
  /** {@code AF_INET6}. */
  IPV6(10, 128);

  private final int number;
  private final int bits;

  AddressFamily(int number, int bits) {
    this.number = number;
    this.bits = bits;
  }

  /** The {@code AF_*} number. */
  public int number() {
    return number;
  }

  /** Bits of an address: 32 or 128. */
  public int bits() {
    return bits;
  }

  /** Bytes of an address: 4 or 16. */
  public int bytes() {
    return bits / 8;
  }
}
