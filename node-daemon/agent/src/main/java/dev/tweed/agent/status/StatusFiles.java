package dev.tweed.agent.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.agent.cni.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The node's state in the run directory: {@code status.json}, and {@code status} for people. */
public final class StatusFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path json;
  private final Path text;

  /**
   * @param runDir the run directory
   */
  public StatusFiles(Path runDir) {
    this.json = runDir.resolve("status.json");
    this.text = runDir.resolve("status");
  }

  /** Replaces both files, each atomically. */
  public void write(NodeStatus status) throws IOException {
    byte[] document =
        (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(StatusDocument.of(status)) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(json, document, "rw-r--r--");
    AtomicFile.write(text, StatusText.render(status).getBytes(StandardCharsets.UTF_8), "rw-r--r--");
  }

  /** The state last written since boot; empty if there is none that can be read. */
  public Optional<NodeStatus> read() {
    try {
      return Files.exists(json)
          ? Optional.of(JSON.readValue(Files.readAllBytes(json), StatusDocument.class).toStatus())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Removes both files. */
  public void delete() throws IOException {
    Files.deleteIfExists(json);
    Files.deleteIfExists(text);
  }
}
