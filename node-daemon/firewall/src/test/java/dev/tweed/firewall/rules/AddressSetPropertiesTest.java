package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class AddressSetPropertiesTest {

  /** Prefixes of 16 addresses, each of which can be asked for. */
  @Provide
  Arbitrary<IpPrefix> prefixes() {
    return Combinators.combine(
            Arbitraries.of("192.0.2.%d", "2001:db8::%x", "255.255.255.%d"),
            Arbitraries.integers().between(240, 255),
            Arbitraries.integers().between(0, 4))
        .as(
            (text, last, shorter) -> {
              IpAddress address = IpAddress.parse(text.formatted(last));
              return new IpPrefix(address, address.family().bits() - shorter).network();
            });
  }

  @Property
  void itHoldsWhatOneOfItsPrefixesHoldsAndNoMore(
      @ForAll("prefixes") IpPrefix asked, @ForAll List<@From("prefixes") IpPrefix> all) {
    List<IpPrefix> added =
        all.stream().filter(prefix -> prefix.family() == asked.family()).toList();

    boolean everyAddress =
        addresses(asked).stream()
            .allMatch(address -> added.stream().anyMatch(prefix -> prefix.contains(address)));

    assertThat(new AddressSet(added).containsAll(asked)).isEqualTo(everyAddress);
  }

  @Example
  void twoHalvesAreTheWhole() {
    for (String halves : List.of("0.0.0.0/1 128.0.0.0/1 0.0.0.0/0", "8000::/1 ::/1 ::/0")) {
      String[] texts = halves.split(" ");
      AddressSet set = new AddressSet(List.of(IpPrefix.parse(texts[0])));
      assertThat(set.containsAll(IpPrefix.parse(texts[2]))).isFalse();

      set.add(IpPrefix.parse(texts[1]));

      assertThat(set.containsAll(IpPrefix.parse(texts[2]))).isTrue();
    }
  }

  private static List<IpAddress> addresses(IpPrefix prefix) {
    byte[] bytes = prefix.address().toBytes();
    int count = 1 << (prefix.family().bits() - prefix.length());
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              byte[] next = bytes.clone();
              next[next.length - 1] += (byte) i;
              return IpAddress.ofBytes(next);
            })
        .toList();
  }
}
