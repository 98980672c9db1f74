package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.ClaimWriter;
import dev.tweed.operator.ledger.ClaimWriter.ClaimResult;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class SubnetWriterTest {
  private final List<String> asked = new ArrayList<>();

  private static NodeSubnet subnet(String name) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName(name);
    subnet.setSpec(new NodeSubnetSpec("default", "node", "uid", "10.0.0.0/24", List.of(), null));
    return subnet;
  }

  private static DefaultKubernetesResourceList<NodeSubnet> page(String more, String... names) {
    DefaultKubernetesResourceList<NodeSubnet> page = new DefaultKubernetesResourceList<>();
    page.setItems(List.of(names).stream().map(SubnetWriterTest::subnet).toList());
    page.setMetadata(new ListMetaBuilder().withContinue(more).build());
    return page;
  }

  @Test
  void listsPageByPage() {
    List<SubnetFacts> all =
        SubnetWriter.pages(
            token -> {
              asked.add(token);
              return token == null ? page("second", "a", "b") : page("", "c");
            });

    assertThat(asked).containsExactly(null, "second");
    assertThat(all).extracting(SubnetFacts::name).containsExactly("a", "b", "c");
  }

  @Test
  void beginsAnewWhenTheStateItReadsIsCompactedAway() {
    List<SubnetFacts> all =
        SubnetWriter.pages(
            token -> {
              asked.add(token);
              if (token == null) {
                return page("second" + asked.size(), "a");
              }
              if (asked.size() == 2) {
                throw new KubernetesClientException("expired", 410, null);
              }
              return page(null, "b");
            });

    assertThat(asked).containsExactly(null, "second1", null, "second3");
    assertThat(all).extracting(SubnetFacts::name).containsExactly("a", "b");
  }

  @Test
  void givesUpWhenThatHappensAgainAndAgain() {
    assertThatThrownBy(
            () ->
                SubnetWriter.pages(
                    token -> {
                      asked.add(token);
                      throw new KubernetesClientException("expired", 410, null);
                    }))
        .isInstanceOf(KubernetesClientException.class);

    assertThat(asked).hasSize(3);
  }

  @Test
  void whatWasCreatedIsToldWhateverBecomesOfTheRest() {
    // Given
    NodeSubnet made = subnet("a");
    SubnetFacts facts = Facts.of(made);
    List<SubnetFacts> cache = new ArrayList<>();
    List<SubnetFacts> meters = new ArrayList<>();
    CreationRecorder recorder =
        new CreationRecorder(
            new ClaimWriter() {
              @Override
              public List<SubnetFacts> listLatest() {
                return List.of();
              }

              @Override
              public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
                return List.of(
                    new ClaimResult.Unknown("b", "time-out"), new ClaimResult.Created(facts));
              }
            },
            cache::addAll,
            meters::addAll);

    // When
    recorder.create(List.of(subnet("b"), made), () -> true);

    // Then
    assertThat(cache).containsExactly(facts);
    assertThat(meters).containsExactly(facts);
  }
}
