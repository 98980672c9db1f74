package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.ProtectedFlow.Remotes;
import dev.tweed.firewall.rules.ProtectedFlow.Way;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** TCP flows that have to pass, by a way of which nothing is known. */
final class Flows {

  private Flows() {}

  /** Of both families. */
  static List<ProtectedFlow> inForSomebody(ProtectedService service, int port) {
    return Arrays.stream(AddressFamily.values())
        .map(
            family ->
                flow(
                    service,
                    Direction.IN,
                    port,
                    family,
                    new Remotes.Somebody(List.of(IpPrefix.any(family)))))
        .toList();
  }

  static ProtectedFlow each(
      ProtectedService service, Direction direction, int port, String... remotes) {
    return flow(
        service,
        direction,
        port,
        AddressFamily.IPV4,
        new Remotes.Each(
            Stream.of(remotes)
                .map(IpAddress::parse)
                .collect(Collectors.toCollection(TreeSet::new))));
  }

  private static ProtectedFlow flow(
      ProtectedService service,
      Direction direction,
      int port,
      AddressFamily family,
      Remotes remotes) {
    return new ProtectedFlow(
        service,
        direction,
        direction == Direction.IN,
        Protocol.TCP,
        port,
        family,
        List.of(new Way(IpPrefix.any(family), Optional.empty(), Optional.empty())),
        remotes,
        "");
  }
}
