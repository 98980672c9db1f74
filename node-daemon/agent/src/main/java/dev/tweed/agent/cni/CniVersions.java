package dev.tweed.agent.cni;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Knows which plugins of a directory speak CNI 1.1. A newer runtime that is offered that version
 * uses it for every plugin of a configuration, and one that does not speak it refuses every pod. A
 * program is asked once, until it is another.
 */
final class CniVersions {

  private record Build(Object file, long changed) {}

  private record Answer(Build build, boolean speaks) {}

  private final Path binDir;
  private final Map<String, Answer> answers = new HashMap<>();

  CniVersions(Path binDir) {
    this.binDir = binDir;
  }

  /** Whether all of these do. */
  boolean all11(Collection<String> plugins) {
    return plugins.stream().allMatch(this::speaks);
  }

  private boolean speaks(String plugin) {
    Path program = binDir.resolve(plugin);
    try {
      BasicFileAttributes seen = Files.readAttributes(program, BasicFileAttributes.class);
      Build build = new Build(seen.fileKey(), seen.lastModifiedTime().toMillis());
      Answer answer = answers.get(plugin);
      if (answer == null || !answer.build().equals(build)) {
        answer = new Answer(build, PluginProgram.speaks(program, "1.1.0"));
        answers.put(plugin, answer);
      }
      return answer.speaks();
    } catch (IOException e) {
      return false; // it is not there, or leads to where only the runtime sees
    }
  }
}
