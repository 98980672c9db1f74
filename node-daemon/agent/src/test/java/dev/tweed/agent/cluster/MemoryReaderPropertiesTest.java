package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MemoryReaderPropertiesTest {

  @Property(tries = 150)
  void nothingElseIsMadeOfDamagedText(@ForAll @IntRange(max = 5000) int at, @ForAll byte value)
      throws IOException {
    byte[] text =
        new GZIPInputStream(
                new ByteArrayInputStream(MemoryReaderTest.render(MemoryReaderTest.VIEW)))
            .readAllBytes();
    text[at % text.length] = value;

    // Either it is not read, or its objects are judged as those of the API are
    try {
      ClusterView view =
          MemoryReaderTest.view(MemoryReaderTest.read(MemoryReaderTest.packed(text)));
      new SnapshotMapper(Views.OWN).map(view);
      assertThat(view.subnets()).hasSizeLessThanOrEqualTo(3);
    } catch (IOException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }
}
