package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiObject;
import dev.tweed.agent.api.ServerEndpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointReaderTest {

  /** As kube-apiserver 1.35 writes it. */
  private static final String SLICE =
      """
      {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"kubernetes",\
      "namespace":"default","uid":"u","resourceVersion":"7","generation":1,\
      "labels":{"kubernetes.io/service-name":"kubernetes"}},"addressType":"IPv4","endpoints":\
      [{"addresses":["198.51.100.10"],"conditions":{"ready":true}},\
      {"addresses":["198.51.100.11"],"conditions":{"ready":true}}],\
      "ports":[{"name":"https","protocol":"TCP","port":6443}]}""";

  private static List<String> read(String slice) {
    return usable(slice, List.of());
  }

  private static List<String> usable(String slice, List<NetworkRecord> networks) {
    return EndpointRules.usable(List.of(YamlViews.read(slice, new EndpointReader())), networks)
        .stream()
        .map(e -> e.address() + " " + e.port())
        .toList();
  }

  private static String addresses(String... addresses) {
    return SLICE.replace("\"198.51.100.10\"", '"' + String.join("\",\"", addresses) + '"');
  }

  @Test
  void theServersOfTheControlPlaneAreRead() {
    assertThat(read(SLICE)).containsExactly("198.51.100.10 6443", "198.51.100.11 6443");
    assertThat(read(SLICE.replace("198.51.100.1", "2001:db8::1")))
        .containsExactly("2001:db8::10 6443", "2001:db8::11 6443");
  }

  @Test
  void thePortIsTheOneOfHttps() {
    String ports = "{\"name\":\"https\",\"protocol\":\"TCP\",\"port\":6443}";

    assertThat(read(SLICE.replace(ports, "{\"name\":\"metrics\",\"port\":9000}," + ports)))
        .contains("198.51.100.10 6443");
    assertThat(read(SLICE.replace(ports, "{\"port\":443}"))).contains("198.51.100.10 443");
    assertThat(read(SLICE.replace("\"TCP\"", "\"UDP\""))).isEmpty();
    assertThat(read(SLICE.replace(ports, ""))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "65536", "4294973739", "1e3", "\"6443\"", "null", "[6443]"})
  void whatIsNoPortIsRefused(String port) {
    assertThat(read(SLICE.replace("6443", port))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.0.9",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:198.51.100.1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "224.0.0.1",
        "ff02::1",
        "api.example.org",
        "198.51.100.010",
        "198.51.100.1:6443",
        ""
      })
  void whereNoOtherHostCanBeIsRefused(String address) {
    assertThat(read(addresses(address))).containsExactly("198.51.100.11 6443");
  }

  @Test
  void podsAreNoApiServers() {
    List<NetworkRecord> networks =
        List.of(
            YamlViews.read(
                """
                metadata: {name: n}
                spec: {pools: [{cidr: 10.244.0.0/16, nodePrefixLength: 24},
                  {cidr: "fd00::/48", nodePrefixLength: 64}]}
                """,
                new NetworkReader()));

    assertThat(usable(addresses("10.244.3.1", "fd00::1", "10.245.0.1"), networks))
        .containsExactly("10.245.0.1 6443", "198.51.100.11 6443");
  }

  @Test
  void anotherSliceSaysNothingOfTheApiServer() {
    assertThat(read(SLICE.replace("\"name\":\"kubernetes\"", "\"name\":\"other\""))).isEmpty();
  }

  @Test
  void ofManyAddressesThereAreSixteenAndNoneTwice() {
    String many =
        IntStream.range(0, 5_000)
            .mapToObj(i -> "10.%d.%d.1\",\"10.0.0.1".formatted(i / 200, i % 200))
            .collect(Collectors.joining("\",\""));

    assertThat(read(addresses(many))).hasSize(16).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{addresses: [198.51.100.1]}",
        "[null, 7, [], {addresses: 198.51.100.1}, {addresses: {a: b}}]",
        "[{addresses: [null, 7, [198.51.100.1], {a: 198.51.100.1}]}]"
      })
  void anObjectOfOtherTypesNamesNobody(String endpoints) {
    assertThat(
            read(
                "{metadata: {name: kubernetes}, ports: [7, {name: https, port: 6443}], endpoints: "
                    + endpoints
                    + "}"))
        .isEmpty();
  }

  /** Whatever comes, what is kept can be connected to, and reading it ends. */
  @Property(tries = 500)
  void noTextBreaksTheReader(@ForAll("slices") String text) {
    try {
      JsonParser json =
          ApiJson.mapper().getFactory().createParser(text.getBytes(StandardCharsets.UTF_8));
      json.nextToken();
      List<ServerEndpoint> kept = ApiObject.read(json, new EndpointReader()).record().endpoints();
      assertThat(kept).hasSizeLessThanOrEqualTo(16).allMatch(e -> e.port() > 0);
    } catch (IOException e) {
      // No JSON: that is told by whoever reads the list.
    }
  }

  @Provide
  Arbitrary<String> slices() {
    Arbitrary<String> noise =
        Arbitraries.of(
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "null",
            "7",
            "-1",
            "\"",
            "\"addresses\":",
            "\"::1\"",
            "\"127.0.0.1\"",
            "\"198.51.100.7\"",
            "\"port\":",
            "1e400",
            "\\u0000",
            "");
    return Combinators.combine(
            Arbitraries.integers().between(0, SLICE.length()),
            Arbitraries.integers().between(0, 40),
            noise.list().ofMaxSize(6))
        .as(
            (at, length, more) ->
                SLICE.substring(0, at)
                    + String.join("", more)
                    + SLICE.substring(Math.min(SLICE.length(), at + length)));
  }
}
