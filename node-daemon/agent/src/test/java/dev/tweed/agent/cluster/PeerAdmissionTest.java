package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.dataplane.Peer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What is said of one NodeSubnet is what the mapping of all says. */
class PeerAdmissionTest {

  private final SnapshotMapper mapper = new SnapshotMapper(Views.OWN);

  /** Sound ones, and such as clash with others in any way; the own node's among them. */
  @Provide
  Arbitrary<SubnetRecord> subnet() {
    Arbitrary<String> cidrs =
        Arbitraries.oneOf(
            Arbitraries.integers().between(2, 40).map(i -> "10.244." + i + ".0/24"),
            Arbitraries.integers().between(1, 20).map(i -> "10.244." + 2 * i + ".0/23"),
            Arbitraries.of("10.99.0.0/24", "10.244.3.7/24", "fd00::/64"));
    return Combinators.combine(
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(9, Arbitraries.just("default")),
                net.jqwik.api.Tuple.of(1, Arbitraries.just("other"))),
            Arbitraries.integers().between(1, 30),
            cidrs,
            Arbitraries.integers().between(1, 28),
            Arbitraries.frequency(
                net.jqwik.api.Tuple.of(9, true), net.jqwik.api.Tuple.of(1, false)))
        .as(
            (network, node, cidr, day, addressed) ->
                Views.subnet(
                    network + "-" + cidr.replaceAll("[./:]", "-"),
                    Views.day(day),
                    new NodeSubnetSpec(
                        network,
                        "n" + node,
                        "uid",
                        cidr,
                        addressed ? List.of("192.0.2." + node) : List.of(),
                        "02:00:00:00:00:%02x".formatted(node))));
  }

  @Provide
  Arbitrary<List<SubnetRecord>> subnets() {
    return subnet().list().uniqueElements(SubnetRecord::name).ofMaxSize(15);
  }

  private Mapping map(List<SubnetRecord> subnets) {
    return mapper.map(view(subnets));
  }

  private static ClusterView view(List<SubnetRecord> subnets) {
    Views views = new Views().network("default", Views.day(1)).subnet(1);
    subnets.forEach(views::subnet);
    return views.view();
  }

  @Property(tries = 1500)
  void oneMoreIsThePeerThatTheMappingOfAllHas(
      @ForAll("subnets") List<SubnetRecord> before,
      @ForAll("subnet") SubnetRecord one,
      @ForAll("subnet") SubnetRecord other) {
    if (!(map(before) instanceof Mapping.Program program)) {
      return;
    }
    PeerAdmission admission = new PeerAdmission(program, view(before));
    List<SubnetRecord> after = new ArrayList<>(before);
    Set<Peer> peers = new HashSet<>(program.snapshot().peers());
    for (SubnetRecord subnet : List.of(one, other)) {
      Optional<Peer> peer = admission.peer(subnet);
      if (peer.isEmpty() || after.stream().anyMatch(s -> s.name().equals(subnet.name()))) {
        return; // left to the mapping of all
      }
      after.add(subnet);
      peers.add(peer.get());

      assertThat(map(after))
          .isInstanceOfSatisfying(
              Mapping.Program.class,
              all -> {
                assertThat(new HashSet<>(all.snapshot().peers())).isEqualTo(peers);
                assertThat(all.snapshot().self()).isEqualTo(program.snapshot().self());
              });
    }
  }

  @Test
  void aNodeThatClaimsNothingOfOthersIsAPeer() {
    List<SubnetRecord> before = List.of(sound(2), sound(3));
    Mapping.Program program = (Mapping.Program) map(before);
    PeerAdmission admission = new PeerAdmission(program, view(before));

    assertThat(admission.peer(sound(4)))
        .contains(((Block.Valid) sound(4).block()).peer())
        // Told again it is the same; so is one that the view had
        .isEqualTo(admission.peer(sound(4)));
    assertThat(admission.peer(sound(2))).isPresent();
    assertThat(admission.peer(sound(1))).isEmpty();
  }

  private static SubnetRecord sound(int node) {
    return new Views().subnet(node).view().subnets().getFirst();
  }
}
