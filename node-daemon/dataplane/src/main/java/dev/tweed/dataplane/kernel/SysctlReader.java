package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.SysctlSetting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads files below /proc/sys/net.
 *
 * @param directory that one, or its place in a container
 */
public record SysctlReader(Path directory) {

  private static final int MAX_BYTES = 4096;

  /** The value of one, with white space as single blanks; empty when it cannot be read. */
  public Optional<String> read(String path) {
    try (InputStream in = Files.newInputStream(directory.resolve(path))) {
      // In one go: of a number the kernel gives nothing after what is read first (proc_dointvec()
      // in kernel/sysctl.c), and Files.readString() reads one byte first of files of length 0.
      byte[] bytes = new byte[MAX_BYTES];
      int length = Math.max(0, in.read(bytes));
      String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
      return Optional.of(text.strip().replaceAll("\\s+", " "));
    } catch (IOException absent) {
      // A device's files come and go with it; what has to be there is written, and fails there.
      return Optional.empty();
    }
  }

  /** The values of these, and of those by which they are judged. */
  public Map<String, String> read(List<SysctlSetting> settings) {
    Map<String, String> values = new HashMap<>();
    paths(settings).forEach(path -> read(path).ifPresent(value -> values.put(path, value)));
    return values;
  }

  /** The files of these, and of those by which they are judged. */
  static List<String> paths(List<SysctlSetting> settings) {
    List<String> paths = new ArrayList<>();
    for (SysctlSetting setting : settings) {
      paths.add(setting.path());
      if (setting.rule() instanceof SysctlSetting.Rule.NotStrict loose) {
        paths.add(loose.allPath());
      }
    }
    return paths;
  }
}
