package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class AdditionPropertiesTest {

  @Provide
  Arbitrary<List<Peer>> peers() {
    Arbitrary<Integer> numbers = Arbitraries.integers().between(2, 9);
    return Combinators.combine(numbers, numbers, numbers)
        .as(
            (block, ip, mac) ->
                new Peer("n" + ip, Example.block(block), List.of(Example.ip(ip)), Example.mac(mac)))
        .list()
        .ofMaxSize(8);
  }

  /** Everything by which a packet finds its way. */
  private record Ways(
      List<String> links,
      List<Address> addresses,
      List<FdbEntry> fdb,
      List<Neighbour> neighbours,
      List<Route> routes,
      NftListing rules) {
    static Ways of(Machine machine) {
      return new Ways(
          machine.links.stream().map(Link::name).toList(),
          new ArrayList<>(machine.addresses),
          new ArrayList<>(machine.fdb),
          new ArrayList<>(machine.neighbours),
          new ArrayList<>(machine.routes),
          machine.rules);
    }
  }

  @Property(tries = 150)
  void memoryAloneFreesAndChangesNothing(
      @ForAll("peers") List<Peer> now,
      @ForAll("peers") List<Peer> before,
      @ForAll boolean otherBlock,
      @ForAll boolean deleted,
      @ForAll boolean otherVni) {
    Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");
    Example kernel = Example.vxlan().with(now);
    machine.sync(kernel.snapshot());
    if (deleted) {
      machine.apply(
          new StateChange.DeleteLink(machine.link("tweed.1").index(), "tweed.1", "by hand"));
    }
    Ways was = Ways.of(machine);
    Example memory = Example.vxlan().with(before);
    if (otherBlock) {
      memory =
          memory.with(
              new OwnNode("n1", List.of(Example.block(8)), List.of(Example.ip(1)), Example.mac(1)));
    }
    if (otherVni) {
      memory = memory.with(new Backend.Vxlan(7, 8472, false));
    }

    machine.sync(memory.remembered());

    Ways is = Ways.of(machine);
    assertThat(is.links()).containsAll(was.links());
    assertThat(is.addresses()).containsAll(was.addresses());
    assertThat(is.fdb()).containsAll(was.fdb());
    assertThat(is.neighbours()).containsAll(was.neighbours());
    assertThat(is.routes()).containsAll(was.routes());
    assertThat(is.rules()).isEqualTo(was.rules());
    assertThat(machine.diff(machine.plan(memory.remembered()).desired())).isEmpty();
  }
}
