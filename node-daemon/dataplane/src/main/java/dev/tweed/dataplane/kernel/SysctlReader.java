package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.SysctlSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads files below /proc/sys/net. */
public final class SysctlReader {

  private final Path directory;

  /** Reads below this directory. */
  public SysctlReader(Path directory) {
    this.directory = directory;
  }

  /** The value of one, with white space as single blanks; empty when it cannot be read. */
  public Optional<String> read(String path) {
    try {
      return Optional.of(Files.readString(directory.resolve(path)).strip().replaceAll("\\s+", " "));
    } catch (IOException absent) {
      // A device's files come and go with it; what has to be there is written, and fails there.
      return Optional.empty();
    }
  }

  /** The values of these, and of those by which they are judged. */
  public Map<String, String> read(List<SysctlSetting> settings) {
    Map<String, String> values = new HashMap<>();
    for (SysctlSetting setting : settings) {
      read(setting.path()).ifPresent(value -> values.put(setting.path(), value));
      if (setting.rule() instanceof SysctlSetting.Rule.NotStrict loose) {
        read(loose.allPath()).ifPresent(value -> values.put(loose.allPath(), value));
      }
    }
    return values;
  }
}
