package dev.tweed.netlink.nft;

import dev.tweed.ip.IpPrefix;
import java.util.Optional;

/**
 * Values of one size that follow each other as numbers in network byte order.
 *
 * @param first the least
 * @param last the greatest
 */
public record NfInterval(NfValue first, NfValue last) {
  /**
   * @throws IllegalArgumentException if the sizes differ or the first is the greater
   */
  public NfInterval {
    if (first.size() != last.size() || first.compareTo(last) > 0) {
      throw new IllegalArgumentException(first + " to " + last + " is no interval");
    }
  }

  /** One value. */
  public static NfInterval of(NfValue value) {
    return new NfInterval(value, value);
  }

  /** Numbers of so many bytes. */
  public static NfInterval ofNumbers(int first, int last, int size) {
    return new NfInterval(NfValue.ofNumber(first, size), NfValue.ofNumber(last, size));
  }

  /** The addresses of a prefix. */
  public static NfInterval of(IpPrefix prefix) {
    return new NfInterval(NfValue.of(prefix.network().address()), NfValue.of(prefix.last()));
  }

  /** Whether it is one value. */
  public boolean isSingle() {
    return first.equals(last);
  }

  /**
   * Both as one, if they have a value in common.
   *
   * @param other one that begins no earlier
   * @param touching whether it is enough that the other begins behind the end of this
   */
  Optional<NfInterval> with(NfInterval other, boolean touching) {
    boolean meets =
        other.first.compareTo(last) <= 0
            || touching && last.next().filter(other.first::equals).isPresent();
    return meets
        ? Optional.of(new NfInterval(first, last.compareTo(other.last) > 0 ? last : other.last))
        : Optional.empty();
  }
}
