package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.ChangeFailure;
import dev.tweed.dataplane.plan.SysctlSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Writes files below /proc/sys/net, only when their value is not right. */
public final class SysctlWriter {

  private final Path directory;
  private final SysctlReader reader;
  private final SysctlJournal journal;
  private final StepHook hook;

  /**
   * @param directory where to write
   * @param journal of the sysctls that do not go with a device of ours
   * @param hook is called before each write
   */
  public SysctlWriter(Path directory, SysctlJournal journal, StepHook hook) {
    this.directory = directory;
    this.reader = new SysctlReader(directory);
    this.journal = journal;
    this.hook = hook;
  }

  /** What became of a setting. */
  public sealed interface Result {
    /** It was right already, or may be absent and is. */
    record AlreadyRight() implements Result {}

    /** It has been written. */
    record Written(String before, String after) implements Result {}

    /** It could not be. */
    record Failed(ChangeFailure.Cause cause) implements Result {}
  }

  /** Looks at a setting and writes it if need be. */
  public Result ensure(SysctlSetting setting) {
    Path file = directory.resolve(setting.path());
    Optional<String> value = reader.read(setting.path());
    if (value.isEmpty()) {
      return setting.absence() == SysctlSetting.Absence.FINE && !Files.exists(file)
          ? new Result.AlreadyRight()
          : new Result.Failed(
              Files.exists(file)
                  ? new ChangeFailure.Cause.NotWritable("it cannot even be read")
                  : new ChangeFailure.Cause.NoSuchSysctl());
    }
    Optional<String> toWrite = setting.toWrite(value.get(), reader::read);
    if (toWrite.isEmpty()) {
      return new Result.AlreadyRight();
    }
    journal.changing(setting.path(), toWrite.get());
    try {
      write(setting.path(), toWrite.get());
      return new Result.Written(value.get(), toWrite.get());
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      return new Result.Failed(
          message.contains("Invalid argument")
              ? new ChangeFailure.Cause.BadValue(message)
              : new ChangeFailure.Cause.NotWritable(message));
    }
  }

  /** Writes one. */
  void write(String path, String value) throws IOException {
    hook.before("sysctl " + path);
    // Not created: a directory given by mistake must not fill up with files.
    Files.writeString(
        directory.resolve(path),
        value + "\n",
        StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }
}
