package dev.tweed.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {

  @Property
  void textAndBytesRoundTrip(@ForAll @Size(6) byte[] bytes) {
    MacAddress mac = MacAddress.ofBytes(bytes);

    assertThat(mac.toBytes()).isEqualTo(bytes);
    assertThat(MacAddress.parse(mac.toString())).isEqualTo(mac);
    assertThat(MacAddress.parse(mac.toString().toUpperCase(java.util.Locale.ROOT))).isEqualTo(mac);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "02:00:00:00:00",
        "02:00:00:00:00:00:00",
        "02-00-00-00-00-00",
        "0200.0000.0000",
        "02:00:00:00:00:0g",
        "2:0:0:0:0:0",
        "02:00:00:00:00:00 "
      })
  void refusesAnythingButSixGroups(String text) {
    assertThat(MacAddress.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> MacAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void deviceCannotHaveAGroupAddress() {
    assertThatThrownBy(
            () ->
                new RtRequest.LinkCreateBridge("br0", MacAddress.parse("01:00:5e:00:00:01"), 1500))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("clear the lowest bit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sixteen-bytes-xx", "a/b", "a b", ".", "..", "a:b", "eth%d", "ä"})
  void deviceCannotHaveSuchAName(String name) {
    assertThatThrownBy(() -> LinkRef.of(name)).isInstanceOf(IllegalArgumentException.class);
  }
}
