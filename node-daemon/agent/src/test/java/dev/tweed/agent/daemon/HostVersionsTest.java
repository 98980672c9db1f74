package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HostVersionsTest {

  @Test
  void thatOfNftIsRead() {
    List<String> nft = List.of("sh", "-c", "echo 'nftables v1.1.3 (Commodore Bullmoose #4)'");

    assertThat(HostVersions.read("0.1.0", nft, "1.9.1").nft()).isEqualTo("1.1.3");
  }

  /** Such as one that waits for a lock; pods' network does not. */
  @Test
  @Timeout(60)
  void oneThatHangsIsLeftOut() {
    List<String> nft = List.of("sh", "-c", "sleep 3600");

    assertThat(HostVersions.read("0.1.0", nft, "").nft()).isNull();
  }

  @Test
  void oneThatIsNotThereIsLeftOut() {
    assertThat(HostVersions.read("0.1.0", List.of("/nowhere/nft"), "").nft()).isNull();
  }
}
