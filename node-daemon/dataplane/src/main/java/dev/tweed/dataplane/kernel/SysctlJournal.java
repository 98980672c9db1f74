package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.SysctlNote;
import dev.tweed.dataplane.plan.SysctlSetting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What sysctls were before we first changed them, kept in a file that a reboot empties just as it
 * does the sysctls. Written before the change it tells of, so a crash in between costs nothing: a
 * value that is not ours is never put back.
 */
public final class SysctlJournal {

  private final Path file;
  private final Map<String, SysctlNote> notes = new LinkedHashMap<>();

  /** Reads the file, if there is one. */
  public SysctlJournal(Path file) {
    this.file = file;
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        SysctlNote.parse(line).ifPresent(note -> notes.put(note.path(), note));
      }
    } catch (IOException none) {
      // Nothing has been changed yet, or nothing is known of it.
    }
  }

  /** Every note, in the order in which we write them. */
  public List<SysctlNote> notes() {
    return List.copyOf(notes.values());
  }

  /**
   * Takes note of the values of settings that have none yet. Those that are right as they are
   * count, too: what somebody makes of them later is no value to go back to.
   */
  public void found(List<SysctlSetting> settings, Function<String, Optional<String>> values) {
    boolean news = false;
    for (SysctlSetting setting : settings) {
      Optional<String> value = values.apply(setting.path());
      if (value.isPresent() && !notes.containsKey(setting.path())) {
        boolean asked = setting.need() == SysctlSetting.Need.ASKED;
        notes.put(setting.path(), new SysctlNote(setting.path(), value.get(), value.get(), asked));
        news = true;
      }
    }
    if (news) {
      write();
    }
  }

  /** Before a change of what has a note; what was found first stays noted. */
  public void changing(String path, String after) {
    SysctlNote note = notes.get(path);
    if (note != null && !note.ours().equals(after)) {
      notes.put(path, new SysctlNote(path, note.before(), after, note.asked()));
      write();
    }
  }

  /** After it was put back, or is no longer ours. */
  public void forget(String path) {
    if (notes.remove(path) != null) {
      write();
    }
  }

  private void write() {
    try {
      if (notes.isEmpty()) {
        Files.deleteIfExists(file);
        return;
      }
      Files.createDirectories(file.getParent());
      Path next = file.resolveSibling("." + file.getFileName() + ".new");
      Files.write(next, notes.values().stream().map(SysctlNote::line).toList());
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      // Pods need the setting more than anybody needs the note: kept in memory only, then.
    }
  }
}
