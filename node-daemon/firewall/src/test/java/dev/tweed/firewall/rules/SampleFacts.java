package dev.tweed.firewall.rules;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Network;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.NodeAddress;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.ProtectionFacts;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A worker at 10.0.0.1 and 2001:db8::1 on {@code eth0}, its only way to others, beside a bridge of
 * containers; of its cluster 10.0.0.2 runs an API server, and 10.0.0.3 is another worker. Nobody is
 * logged in.
 */
final class SampleFacts {

  static final NodeAddress ETH0 = own("eth0", "10.0.0.1");
  static final NodeAddress ETH0_IPV6 = own("eth0", "2001:db8::1");

  List<NodeAddress> addresses =
      List.of(
          ETH0,
          ETH0_IPV6,
          new NodeAddress("docker0", IpAddress.parse("172.17.0.1"), true, false),
          new NodeAddress("tweed-br0", IpAddress.parse("10.244.1.1"), true, false),
          own("tweed.1", "10.244.1.0"));
  List<String> nodeIps = List.of("10.0.0.1");
  List<String> sshd = List.of();
  SshSessions sessions = new SshSessions(true, Map.of());
  List<Server> apiServers = List.of(server("10.0.0.2", 6443));
  List<Server> waysToApi = List.of(server("10.96.0.1", 443));
  List<IpAddress> nameServers = List.of(IpAddress.parse("10.0.0.53"));
  boolean cloud;
  boolean bypassed;

  static NodeAddress own(String device, String address) {
    return new NodeAddress(device, IpAddress.parse(address), false, false);
  }

  static Server server(String address, int port) {
    return new Server(Optional.of(IpAddress.parse(address)), port);
  }

  SampleFacts bothFamilies() {
    nodeIps = List.of("10.0.0.1", "2001:db8::1");
    return this;
  }

  /** Alice, from here. */
  SampleFacts loggedIn(String address) {
    sessions = new SshSessions(true, Map.of(IpAddress.parse(address), "alice"));
    return this;
  }

  List<ProtectedFlow> flows() {
    return ProtectedFlowsPlanner.plan(facts());
  }

  ProtectionFacts facts() {
    return new ProtectionFacts(
        new NodeFacts(
            addresses,
            remote ->
                Stream.of(ETH0, ETH0_IPV6)
                    .filter(own -> own.address().family() == remote.family())
                    .findFirst(),
            sshd,
            sessions,
            List.of(),
            nameServers,
            () -> {}),
        10250,
        apiServers,
        waysToApi,
        cloud,
        Optional.of(
            new Network(
                new NetworkNeeds(
                    Optional.of(
                        new NetworkNeeds.Tunnel("tweed.1", 8472, bypassed, Optional.empty())),
                    "tweed-br0",
                    Optional.of("eth0"),
                    List.of("eth0"),
                    nodeIps.stream().map(IpAddress::parse).toList(),
                    List.of(IpPrefix.parse("10.244.0.0/16"))),
                List.of(IpPrefix.parse("10.244.1.0/24")),
                List.of(
                    List.of(IpAddress.parse("10.0.0.2")), List.of(IpAddress.parse("10.0.0.3"))))));
  }
}
