package dev.tweed.enforce.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Files of libcni's cache, whole, cut off and made up. */
class CniResultParserTest {

  private static final String FILE =
      """
      {"kind":"cniCacheV1","containerId":"c","config":"e30=","ifName":"eth0","networkName":"tweed",
       "cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","web-0"],
                  ["K8S_POD_INFRA_CONTAINER_ID","c"],["K8S_POD_UID","uid-1"]],
       "capabilityArgs":{"io.kubernetes.cri.pod-annotations":
          {"secret":"do not keep","cniArgs":[["K8S_POD_UID","forged"]]},"portMappings":[
          {"hostPort":80,"containerPort":8080,"protocol":"tcp"},
          {"hostPort":"53","containerPort":53,"protocol":"UDP","hostIP":"192.0.2.1"}]},
       "result":{"cniVersion":"1.0.0","dns":{},"interfaces":[
          {"mac":"02:00:00:00:00:01","name":"tweed-br0"},
          {"mac":"0A:00:00:00:00:02","name":"veth1","mtu":1450},
          {"mac":"02:00:00:00:00:03","name":"eth0","sandbox":"/run/netns/x"}],
        "ips":[{"address":"10.244.1.2/24","gateway":"10.244.1.1","interface":2},
               {"address":"fd00:244:1::2/64"}],"routes":[{"dst":"0.0.0.0/0"}]}}
      """;

  @Test
  void whatIsNeededIsReadAndNothingOfTheAnnotations() {
    assertThat(CniResultParser.parse(FILE.getBytes(StandardCharsets.UTF_8)))
        .contains(
            new CniResult(
                "c",
                "uid-1",
                "shop",
                "web-0",
                Set.of(IpAddress.parse("10.244.1.2"), IpAddress.parse("fd00:244:1::2")),
                List.of(
                    new CniResult.HostInterface("tweed-br0", "02:00:00:00:00:01"),
                    new CniResult.HostInterface("veth1", "0a:00:00:00:00:02")),
                Optional.of(MacAddress.parse("02:00:00:00:00:03")),
                List.of(
                    new CniResult.PortMapping("80", "8080", "tcp", ""),
                    new CniResult.PortMapping("53", "53", "UDP", "192.0.2.1"))));
  }

  @Test
  void ofSeveralDevicesOfAPodNoneIsTheOne() {
    String second =
        "{\"mac\":\"02:00:00:00:00:04\",\"name\":\"eth1\",\"sandbox\":\"/run/netns/x\"},";
    for (String file :
        List.of(
            FILE.replace("\"interfaces\":[", "\"interfaces\":[" + second),
            FILE.replace("02:00:00:00:00:03", "none"))) {
      assertThat(CniResultParser.parse(file.getBytes(StandardCharsets.UTF_8)).orElseThrow().mac())
          .as(file)
          .isEmpty();
    }
  }

  @Property(tries = 300)
  void aFileThatIsCutOffIsNone(@ForAll @IntRange(max = 1000) int bytes) {
    byte[] file = FILE.strip().getBytes(StandardCharsets.UTF_8);

    assertThat(CniResultParser.parse(Arrays.copyOf(file, Math.min(bytes, file.length - 1))))
        .isEmpty();
  }

  @Property(tries = 300)
  void anythingElseHarmsNobody(@ForAll byte[] file) {
    CniResultParser.parse(file);
  }

  @Test
  void otherFormsOfJsonAreNone() {
    for (String file :
        List.of(
            "[]",
            "null",
            "{\"cniArgs\":{\"K8S_POD_UID\":\"u\"},\"result\":[]}",
            "{\"cniArgs\":[[\"K8S_POD_UID\"],7,[[]]],\"result\":{\"ips\":{},\"interfaces\":[3]}}",
            "{\"cniArgs\":[[\"K8S_POD_UID\",\"u\"],[\"K8S_POD_NAMESPACE\",\"n\"]],"
                + "\"result\":{\"ips\":[{\"address\":\"nonsense\"},{\"address\":5}]}}")) {
      assertThat(CniResultParser.parse(file.getBytes(StandardCharsets.UTF_8))).as(file).isEmpty();
    }
  }
}
