package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.firewall.rules.ProtectedFlow.Remotes.Each;
import dev.tweed.firewall.rules.ProtectedFlow.Way;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has to pass, and by which way; what of it rules cut, the guard's tests say. */
class ProtectedFlowsPlannerTest {

  private final SampleFacts node = new SampleFacts();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // what sshd is told                                        | what is protected
        "''                                                         | 22",
        "Port 2222 # outside                                        | 2222",
        "'  pOrT=2222'                                              | 2222",
        "'#Port 22/Port 2222/Port 2223'                             | 2222 2223",
        "Port 2222/ListenAddress [2001:db8::1]:2223                 | 2222 2223",
        "ListenAddress 192.0.2.1                                    | 22",
        "ListenAddress 192.0.2.1:2222                               | 22 2222",
        "ListenAddress node.example:2222                            | 22 2222",
        "ListenAddress 2001:470::1                                  | 22",
        "ListenAddress 2001:470:80::                                | 22",
        "'[Socket]/ListenStream=/ListenStream=2222'                 | 22 2222",
        "'Port 2222/[Socket]/ListenStream=0.0.0.0:2223'             | 2222 2223",
        "'Port 2222/[Socket]/ListenStream=[::]:2223'                | 2222 2223",
        "'[Socket]/ListenStream=/run/sshd.1'                        | 22",
        "'SSHD_OPTS=\"-u0 -p 2222\"'                                | 22 2222",
        "'#SSHD_OPTS=-p 2222'                                       | 22",
        "Port 99999                                                 | 22"
      })
  void sshIsProtectedWhereItIsToldToListen(String told, String expected) {
    node.sshd = List.of(told.replace('/', '\n'));

    assertThat(of(ProtectedService.SSH).map(flow -> Integer.toString(flow.port())))
        .containsExactly(expected.split(" "));
  }

  @Test
  void aRemoteEndIsMetByTheAddressAndTheDeviceOfTheNode() {
    assertThat(of(ProtectedService.TUNNEL))
        .extracting(ProtectedFlow::direction, ProtectedFlow::ways)
        .containsExactly(
            tuple(
                Direction.IN,
                List.of(
                    new Way(IpPrefix.parse("10.0.0.1/32"), Optional.of("eth0"), Optional.empty()))),
            tuple(
                Direction.OUT,
                List.of(
                    new Way(
                        IpPrefix.parse("10.0.0.1/32"), Optional.empty(), Optional.of("eth0")))));
    assertThat(of(ProtectedService.TUNNEL).map(ProtectedFlow::remotes))
        .allSatisfy(
            remotes ->
                assertThat(((Each) remotes).addresses())
                    .containsExactly(IpAddress.parse("10.0.0.2"), IpAddress.parse("10.0.0.3")));
  }

  @Test
  void theFamiliesAreThoseTheClusterReachesTheNodeBy() {
    assertThat(of(ProtectedService.SSH).map(ProtectedFlow::family))
        .containsExactly(AddressFamily.IPV4);
    node.bothFamilies();
    assertThat(of(ProtectedService.SSH).map(ProtectedFlow::family))
        .containsExactly(AddressFamily.IPV4, AddressFamily.IPV6);
  }

  @Test
  void whatTheNodeSendsToItselfIsNotProtected() {
    node.apiServers = List.of(SampleFacts.server("10.0.0.1", 6443));
    node.waysToApi = List.of(SampleFacts.server("127.0.0.1", 6443));

    assertThat(node.flows())
        .extracting(ProtectedFlow::service)
        .doesNotContain(ProtectedService.KUBELET, ProtectedService.ETCD);
    assertThat(of(ProtectedService.API_SERVER).map(ProtectedFlow::direction))
        .containsOnly(Direction.IN);
  }

  @Test
  void whereNothingIsKnownOfTheNodeThePortsAreProtectedByWhateverWay() {
    node.addresses = List.of();

    assertThat(of(ProtectedService.SSH))
        .singleElement()
        .extracting(ProtectedFlow::ways)
        .isEqualTo(
            List.of(new Way(IpPrefix.any(AddressFamily.IPV4), Optional.empty(), Optional.empty())));
  }

  private Stream<ProtectedFlow> of(ProtectedService service) {
    return node.flows().stream().filter(flow -> flow.service() == service);
  }
}
