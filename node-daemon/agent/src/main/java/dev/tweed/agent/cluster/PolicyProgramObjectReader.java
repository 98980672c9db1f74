package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.PolicyProgramReader;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.policy.Program;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads PolicyPrograms; one that cannot be read is empty, which closes the pods it selects. */
final class PolicyProgramObjectReader extends TreeReader<Optional<Program>> {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyProgramObjectReader.class);

  @Override
  Optional<Program> of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    try {
      return Optional.of(
          PolicyProgramReader.readSpec(
              meta.name(), SpecDecoder.decode("spec", spec, PolicyProgramSpec.class)));
    } catch (SpecDecoder.Unknown e) {
      LOG.warn("PolicyProgram {}: {}; the pods it selects are closed", meta.name(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("{}; the pods it selects are closed", e.getMessage());
    }
    return Optional.empty();
  }
}
