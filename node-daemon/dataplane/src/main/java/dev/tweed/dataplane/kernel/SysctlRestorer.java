package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.plan.SysctlNote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Puts sysctls back to what they were before our first change, where they still are as we left. */
public record SysctlRestorer(SysctlReader reader, SysctlWriter writer, SysctlJournal journal) {

  /**
   * What came of it.
   *
   * @param restored what was put back
   * @param failed what could not be, with the reason, for people
   */
  public record Outcome(List<Change> restored, List<String> failed) {}

  /**
   * Puts back those chosen, in the order of our changes: forwarding first, which resets others. One
   * that is gone, with its device, or has another value than ours is left alone and forgotten.
   */
  public Outcome restore(Predicate<SysctlNote> which) {
    List<Change> restored = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (SysctlNote note : journal.notes()) {
      if (!which.test(note)) {
        continue;
      }
      Optional<String> now = reader.read(note.path());
      if (now.isEmpty() || !now.get().equals(note.ours()) || note.before().equals(note.ours())) {
        journal.forget(note.path());
        continue;
      }
      try {
        writer.write(note.path(), note.before());
        journal.forget(note.path());
        restored.add(
            new Change(
                Change.Kind.SYSCTL,
                Change.Action.CHANGED,
                "net/" + note.path(),
                note.ours() + " -> " + note.before(),
                false));
      } catch (IOException e) {
        failed.add(
            "sysctl net/%s is %s and was %s, but cannot be written: %s"
                .formatted(note.path(), note.ours(), note.before(), e.getMessage()));
      }
    }
    return new Outcome(List.copyOf(restored), List.copyOf(failed));
  }
}
