package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignCniPolicyTest {

  private static final String LIST = "{\"name\":\"x\",\"plugins\":[{\"type\":\"bridge\"}]}";
  private static final String SINGLE = "{\"name\":\"x\",\"type\":\"bridge\"}";

  @TempDir Path conf;

  @Test
  void reportsValidConfigurationsThatSortBeforeOurs() throws IOException {
    // Given files that win, files that lose and files no runtime would take
    file("00-multus.conf", SINGLE);
    file("05-cilium.conflist", LIST);
    file("04-crio.json", SINGLE);
    file("10-flannel.conflist", LIST);
    file("05-zzz.conflist", LIST);
    file("01-broken.conflist", "{\"plugins\":");
    file("02-empty.conflist", "{\"name\":\"x\",\"plugins\":[]}");
    file("03-untyped.conf", "{\"name\":\"x\"}");
    file("00-note.txt", SINGLE);
    Files.createDirectory(conf.resolve("00-directory.conf"));

    assertThat(new ForeignCniPolicy(conf, false).apply())
        .hasValueSatisfying(
            f -> {
              assertThat(f.reason()).isEqualTo("ForeignCNIConfig");
              assertThat(f.object()).isEqualTo("00-multus.conf, 04-crio.json, 05-cilium.conflist");
              assertThat(f.remedy()).contains("cni.replaceForeign=true");
            });
  }

  @Test
  void setsThemAsideOnlyWhenAllowedAndRestoresThem() throws IOException {
    file("00-other.conf", SINGLE);

    // When it is allowed
    assertThat(new ForeignCniPolicy(conf, true).apply()).isEmpty();

    // Then no runtime finds it
    assertThat(conf.toFile().list()).containsExactly("00-other.conf.tweed-disabled");

    // When Tweed leaves
    assertThat(new ForeignCniPolicy(conf, false).restore()).containsExactly("00-other.conf");

    // Then it is as it was
    assertThat(conf.resolve("00-other.conf")).hasContent(SINGLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'multus-shim','name':'m','clusterNetwork':'/host/etc/cni/net.d/05-tweed.conflist'}",
        "{'type':'multus','name':'m','clusterNetwork':'tweed'}",
        "{'type':'multus','name':'m','delegates':[{'name':'tweed','plugins':[{'type':'tweed'}]}]}"
      })
  void multusThatHandsPodsOnToOursIsNone(String config) throws IOException {
    file("00-multus.conf", config.replace('\'', '"'));

    assertThat(new ForeignCniPolicy(conf, true).apply()).isEmpty();

    assertThat(conf.toFile().list()).containsExactly("00-multus.conf");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'multus','name':'m','clusterNetwork':'/etc/cni/net.d/10-flannel.conflist'}",
        "{'type':'bridge','name':'x','clusterNetwork':'tweed'}",
        "{'type':'multus','name':'m','delegates':[{'name':'cbr0'},{'name':'tweed'}]}"
      })
  void oneThatHandsThemToAnotherIs(String config) throws IOException {
    file("00-multus.conf", config.replace('\'', '"'));

    assertThat(new ForeignCniPolicy(conf, false).apply()).isPresent();
  }

  @Test
  void anEmptyOrMissingDirectoryHasNone() {
    assertThat(new ForeignCniPolicy(conf, false).apply()).isEmpty();
    assertThat(new ForeignCniPolicy(conf.resolve("none"), true).apply())
        .map(NodeFinding::reason)
        .isEmpty();
  }

  private void file(String name, String content) throws IOException {
    Files.writeString(conf.resolve(name), content);
  }
}
