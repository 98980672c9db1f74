package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.SysctlSetting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells whether settings still are right. They are looked at twice a second for as long as the
 * daemon lives, so the files stay open, and values are judged only when bytes have changed. Used by
 * one thread, which has to be in the right network namespace.
 */
public final class SysctlWatch implements AutoCloseable {

  private static final int MAX_BYTES = 4096;

  /** What the last look saw of a file; no bytes if it could not be read. */
  private record Seen(Optional<FileChannel> file, byte[] bytes) {}

  private final Path directory;
  private final SysctlReader reader;
  private final Map<String, Seen> files = new HashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_BYTES);
  private List<SysctlSetting> judged = List.of();
  private boolean drifted;

  /** Reads below this directory. */
  public SysctlWatch(Path directory) {
    this.directory = directory;
    this.reader = new SysctlReader(directory);
  }

  /** Whether one of these is wrong now. */
  public boolean drifted(List<SysctlSetting> settings) {
    boolean judge = settings != judged;
    if (judge) {
      follow(settings);
      judged = settings;
    }
    for (Map.Entry<String, Seen> file : files.entrySet()) {
      Seen now = look(file.getKey(), file.getValue());
      judge |= !Arrays.equals(now.bytes(), file.getValue().bytes());
      file.setValue(now);
    }
    if (judge) {
      drifted = judge(settings);
    }
    return drifted;
  }

  private boolean judge(List<SysctlSetting> settings) {
    Map<String, String> values = reader.read(settings);
    return settings.stream()
        .anyMatch(
            setting ->
                Optional.ofNullable(values.get(setting.path()))
                    .flatMap(
                        value ->
                            setting.toWrite(value, path -> Optional.ofNullable(values.get(path))))
                    .isPresent());
  }

  private void follow(List<SysctlSetting> settings) {
    Set<String> paths = new HashSet<>(SysctlReader.paths(settings));
    files
        .entrySet()
        .removeIf(
            file -> {
              boolean left = !paths.contains(file.getKey());
              if (left) {
                close(file.getValue());
              }
              return left;
            });
    paths.forEach(path -> files.putIfAbsent(path, new Seen(Optional.empty(), new byte[0])));
  }

  /** A file of a device goes with it, and is another one when the device is back. */
  private Seen look(String path, Seen before) {
    FileChannel file = null;
    try {
      file =
          before.file().isPresent()
              ? before.file().get()
              : FileChannel.open(directory.resolve(path), StandardOpenOption.READ);
      // From the start and in one go: of a number the kernel gives nothing after what is read
      // first.
      int length = Math.max(0, file.read(buffer.clear(), 0));
      byte[] bytes = new byte[length];
      buffer.flip().get(bytes);
      return new Seen(Optional.of(file), bytes);
    } catch (IOException gone) {
      close(new Seen(Optional.ofNullable(file), new byte[0]));
      return new Seen(Optional.empty(), new byte[0]);
    }
  }

  private static void close(Seen seen) {
    try {
      if (seen.file().isPresent()) {
        seen.file().get().close();
      }
    } catch (IOException e) {
      // It was only read.
    }
  }

  @Override
  public void close() {
    files.values().forEach(SysctlWatch::close);
    files.clear();
  }
}
