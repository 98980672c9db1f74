package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.ip.IpAddress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CaptureCommandTest {
  private static final LocalPod WEB = pod("web-0", 7, "10.244.1.7", "fd00:1::7");
  private static final LocalPod DATA = pod("data-0", 8, "10.244.1.8");

  @Test
  void aPodIsFoundByItsNameAndByEachOfItsAddresses() {
    for (String asked : List.of("shop/web-0", "10.244.1.7", "fd00:1:0::7")) {
      assertThat(CaptureCommand.find(asked, List.of(DATA, WEB))).isEqualTo(WEB);
    }
  }

  @Test
  void whichPodsThereAreIsSaidWhereTheOneIsNot() {
    assertThatThrownBy(() -> CaptureCommand.find("shop/web", List.of(WEB, DATA)))
        .hasMessageContaining("no pod shop/web of this node")
        .hasMessageEndingWith("it keeps: shop/data-0, shop/web-0");
    assertThatThrownBy(() -> CaptureCommand.find("10.244.1.9", List.of()))
        .hasMessageEndingWith("it keeps: none");
    assertThatThrownBy(() -> CaptureCommand.find("web-0", List.of(WEB)))
        .hasMessageContaining("web-0");
  }

  @Test
  void anAddressOfTwoPodsIsNobodys() {
    LocalPod thief = pod("thief", 9, "10.244.1.8");

    assertThatThrownBy(() -> CaptureCommand.find("10.244.1.8", List.of(WEB, DATA, thief)))
        .hasMessage("10.244.1.8 is several pods: shop/data-0, shop/thief");
  }

  @Test
  void limitsHaveToBePositive() {
    for (String option : List.of("--count=0", "--seconds=0", "--snaplen=-1")) {
      assertThat(
              TweedNode.execute(
                  new PrintWriter(new StringWriter()), "capture", "shop/web-0", option))
          .isEqualTo(2);
    }
  }

  private static LocalPod pod(String name, int device, String... addresses) {
    return new LocalPod(
        "uid-" + name,
        "shop",
        name,
        Set.copyOf(List.of(addresses).stream().map(IpAddress::parse).toList()),
        device,
        Optional.empty());
  }
}
