package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.dataplane.ClusterSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryReaderTest {

  static final ClusterView VIEW =
      new Views()
          .network("default", Views.day(1))
          .subnet(1)
          .subnet(2)
          .subnet("default", 3, "10.244.3.0/24", Views.day(2))
          .view();

  static byte[] render(ClusterView view) {
    return new MemoryRenderer(Views.OWN).render(view).orElseThrow().bytes();
  }

  static MemoryReader.Remembered read(byte[] bytes) throws IOException {
    return new MemoryReader(Views.OWN).read(bytes);
  }

  static ClusterView view(MemoryReader.Remembered read) {
    return new ClusterView(true, List.of(read.network()), read.subnets(), List.of(), VIEW.node());
  }

  private static ClusterSnapshot snapshot(ClusterView view) {
    return ((Mapping.Program) new SnapshotMapper(Views.OWN).map(view)).snapshot();
  }

  @Test
  void whatIsReadAsksForTheSame() throws IOException {
    MemoryReader.Remembered read = read(render(VIEW));

    assertThat(snapshot(view(read))).isEqualTo(snapshot(VIEW));
    assertThat(read.network()).isEqualTo(VIEW.networks().getFirst());
    assertThat(read.objects().networkUid()).isEqualTo("uid-default");
    assertThat(read.objects().own())
        .containsExactly(Map.entry("default-10-244-1-0-24", "uid-default-10-244-1-0-24"));
  }

  @Test
  void onlyWhatConcernsTheNodeIsKept() throws IOException {
    // Given another network, a NodeSubnet of it, and one that nobody can use
    ClusterView more =
        new Views()
            .network("other", Views.day(2))
            .network("default", Views.day(1))
            .subnet("default", 3, "10.244.3.0/24", Views.day(2))
            .subnet("other", 4, "10.99.4.0/24", Views.day(3))
            .subnet(
                Views.subnet(
                    "bad",
                    Views.day(4),
                    new NodeSubnetSpec("default", "n9", "uid", "nonsense", List.of(), "")))
            .subnet(2)
            .subnet(1)
            .view();

    assertThat(render(more)).isEqualTo(render(VIEW));
  }

  @Test
  void theOrderOfListsMeansNothing() {
    List<SubnetRecord> shuffled = new ArrayList<>(VIEW.subnets());
    Collections.shuffle(shuffled, new Random(1));

    assertThat(render(new ClusterView(true, VIEW.networks(), shuffled, List.of(), VIEW.node())))
        .isEqualTo(render(VIEW));
  }

  @Test
  void ofANodeWithoutABlockThereIsNothingToRemember() {
    assertThat(
            new MemoryRenderer(Views.OWN)
                .render(new Views().network("default", Views.day(1)).subnet(2).view()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"podNetwork\": 1}",
        "{\"podNetwork\": {}}",
        "{\"podNetwork\": {}, \"nodeSubnets\": {}}",
        "{\"podNetwork\": {}, \"nodeSubnets\": [1]}",
        "{\"podNetwork\": {\"spec\": {\"pools\": 7}}, \"nodeSubnets\": []}",
        "{\"podNetwork\": {}, \"nodeSubnets\": [{\"spec\": {\"nodeName\": \"n2\"}}]}",
        "{\"podNetwork\": {}, \"nodeSubnets\": [{\"spec\": {\"nodeName\": \"n1\"}}]"
      })
  void whatIsOfAnotherFormIsNotRead(String text) {
    assertThatThrownBy(() -> read(packed(text.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(IOException.class);
  }

  @Test
  void whatUnpacksToMoreThanThereMayBeIsNotRead() throws IOException {
    byte[] bomb = packed(new byte[17 * 1024 * 1024]);

    assertThat(bomb).hasSizeLessThan(RememberedWatch.MAX_BYTES);
    assertThatThrownBy(() -> read(bomb)).hasMessageContaining("larger than it may be");
  }

  static byte[] packed(byte[] text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text);
    }
    return bytes.toByteArray();
  }
}
