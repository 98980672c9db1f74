package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.PeerSliceSpec;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads PeerSlices; one that cannot be read is empty, and its set not known as a whole. */
final class PeerSliceObjectReader extends TreeReader<Optional<PeerSliceSpec>> {

  private static final Logger LOG = LoggerFactory.getLogger(PeerSliceObjectReader.class);

  @Override
  Optional<PeerSliceSpec> of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    try {
      return Optional.of(SpecDecoder.decode("spec", spec, PeerSliceSpec.class));
    } catch (SpecDecoder.Unknown e) {
      LOG.warn("PeerSlice {}: {}; its set is not known", meta.name(), e.getMessage());
      return Optional.empty();
    }
  }
}
