package dev.tweed.agent.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The node's state in the run directory: {@code status.json}, and {@code status} for people. */
public final class StatusFiles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PERMISSIONS = "rw-r--r--";

  private final Path json;
  private final Path text;

  /**
   * @param runDir the run directory
   */
  public StatusFiles(Path runDir) {
    this.json = runDir.resolve("status.json");
    this.text = runDir.resolve("status");
  }

  /** Makes both files tell this, each atomically; a finding if one cannot be written. */
  public Optional<NodeFinding> write(NodeStatus status) {
    Path at = json;
    try {
      Files.createDirectories(json.getParent());
      byte[] document =
          (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(StatusDocument.of(status))
                  + "\n")
              .getBytes(StandardCharsets.UTF_8);
      AtomicFile.keep(json, document, PERMISSIONS);
      at = text;
      AtomicFile.keep(
          text, StatusText.render(status).getBytes(StandardCharsets.UTF_8), PERMISSIONS);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.notable("the state of this node", at, e));
    }
  }

  /** The state last written since boot; empty if there is none that can be read. */
  public Optional<NodeStatus> read() {
    try {
      return Files.exists(json)
          ? Optional.of(JSON.readValue(Files.readAllBytes(json), StatusDocument.class).toStatus())
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      // As after a reboot: whatever it is, it must not keep the daemon from starting.
      return Optional.empty();
    }
  }

  /** Removes both files. */
  public void delete() throws IOException {
    Files.deleteIfExists(json);
    Files.deleteIfExists(text);
  }
}
