package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiObject;
import dev.tweed.agent.api.ObjectReader;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects that no schema has let through close what they are about, and harm nobody. */
class HostilePolicyObjectsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7",
        "[]",
        "{\"pods\":7}",
        "{\"pods\":[null]}",
        "{\"classes\":[null]}",
        "{\"classes\":[{}, {}],\"pods\":[{\"uid\":\"u\"}]}",
        "{\"classes\":[{\"name\":\"c-0\",\"programs\":[null]}],\"pods\":[{\"uid\":\"u\"}]}",
        "{\"pods\":[{\"uid\":\"u\",\"namedPorts\":[{\"name\":\"x\",\"protocol\":\"ICMP\",\"port\":1}]}]}",
        "{\"pods\":[{\"uid\":\"u\",\"addresses\":[null]}]}",
        "{\"pods\":[{}]}"
      })
  void aNodePolicyThatCannotBeReadHasNoPods(String spec) throws IOException {
    NodePolicyRecord record = read(spec, new NodePolicyObjectReader());

    assertThat(record.pods()).isEmpty();
    assertThat(record.unreadable()).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"pods\":[{\"uid\":\"u\",\"podClass\":\"c-1\"}]}",
        "{\"pods\":[{\"uid\":\"u\",\"addresses\":[\"nonsense\"]}]}",
        "{\"pods\":[{\"uid\":\"u\",\"namedPorts\":[{\"name\":\"x\"}]}]}",
        "{\"pods\":[{\"uid\":\"u\",\"namedPorts\":[{\"name\":\"x\",\"protocol\":\"TCP\",\"port\":0}]}]}"
      })
  void aPodThatCannotBeReadIsToldAndTheOthersAreNot(String spec) throws IOException {
    NodePolicyRecord record =
        read(
            spec.replace("\"pods\":[", "\"pods\":[{\"uid\":\"good\"},"),
            new NodePolicyObjectReader());

    assertThat(record.unreadablePods()).containsExactly("u");
    assertThat(record.pods()).singleElement().satisfies(p -> assertThat(p.uid()).isEqualTo("good"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "{\"format\":1}",
        "{\"format\":2,\"policy\":{\"kind\":\"NetworkPolicy\",\"uid\":\"u\",\"generation\":1},"
            + "\"tier\":\"NetworkPolicy\",\"isolates\":[\"Ingress\"]}",
        "{\"format\":1,\"policy\":{\"kind\":\"NetworkPolicy\",\"uid\":\"u\",\"generation\":1},"
            + "\"tier\":\"NetworkPolicy\",\"isolates\":[\"Sideways\"]}",
        "{\"format\":1,\"policy\":{\"kind\":\"NetworkPolicy\",\"uid\":\"u\",\"generation\":1},"
            + "\"tier\":\"NetworkPolicy\",\"isolates\":[null]}",
        "{\"format\":1,\"policy\":{\"kind\":\"NetworkPolicy\",\"uid\":\"u\",\"generation\":1},"
            + "\"tier\":\"NetworkPolicy\",\"isolates\":[\"Ingress\"],\"ingress\":[{\"rule\":0,"
            + "\"action\":\"Accept\",\"everyPort\":true,\"peers\":{\"cidrs\":[{\"cidr\":\"nonsense\"}]}}]}",
        "{\"format\":1,\"policy\":{\"kind\":\"NetworkPolicy\",\"uid\":\"u\",\"generation\":1},"
            + "\"tier\":\"NetworkPolicy\",\"isolates\":[\"Ingress\"],\"ingress\":[{\"rule\":0,"
            + "\"action\":\"Accept\",\"ports\":[{\"protocol\":\"TCP\",\"port\":5,\"endPort\":4}],"
            + "\"peers\":{\"anyone\":true}}]}"
      })
  void aProgramThatCannotBeReadIsNone(String spec) throws IOException {
    assertThat(read(spec, new PolicyProgramObjectReader())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"7", "{\"slices\":\"many\"}", "{\"addresses\":[null]}", "{\"addresses\":{}}"})
  void aSliceThatCannotBeReadIsNone(String spec) throws IOException {
    assertThat(read(spec, new PeerSliceObjectReader())).isEmpty();
  }

  private static <R> R read(String spec, ObjectReader<R> reader) throws IOException {
    String object = "{\"metadata\":{\"name\":\"n\",\"generation\":1},\"spec\":" + spec + "}";
    try (JsonParser json = ApiJson.mapper().getFactory().createParser(object)) {
      json.nextToken();
      return ApiObject.read(json, reader).record();
    }
  }
}
