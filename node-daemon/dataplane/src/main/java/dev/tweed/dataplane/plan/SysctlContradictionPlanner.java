package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Finds lines of the host's files that set sysctls otherwise than they have to be. */
public final class SysctlContradictionPlanner {

  private static final int MAX_FINDINGS = 20;

  private SysctlContradictionPlanner() {}

  /**
   * One finding for each line that decides against a setting.
   *
   * @param settings what has to be
   * @param host what the files say
   * @param values of the sysctls now
   */
  public static List<Finding> plan(
      List<SysctlSetting> settings, HostSysctls host, Function<String, Optional<String>> values) {
    List<Finding> findings = new ArrayList<>();
    Set<String> places = new HashSet<>();
    for (SysctlSetting setting : settings) {
      for (boolean ufw : List.of(false, true)) {
        Optional<SysctlLine> line = deciding(setting.path(), ufw ? host.ufw() : host.boot());
        Optional<String> wanted =
            line.flatMap(SysctlLine::value).flatMap(value -> setting.toWrite(value, values));
        if (wanted.isPresent()
            && findings.size() < MAX_FINDINGS
            && places.add(line.get().file() + ":" + line.get().line())) {
          findings.add(finding(setting, line.get(), wanted.get(), ufw));
        }
      }
    }
    return List.copyOf(findings);
  }

  /** The line that has the last word: a name wins over a pattern, wherever they stand. */
  private static Optional<SysctlLine> deciding(String path, List<SysctlLine> lines) {
    Optional<SysctlLine> named = Optional.empty();
    Optional<SysctlLine> patterned = Optional.empty();
    boolean leftOut = false;
    for (SysctlLine line : lines) {
      if (line.isGlob()) {
        patterned = line.matches(path) ? Optional.of(line) : patterned;
      } else if (line.value().isEmpty()) {
        leftOut |= line.matches(path);
      } else if (SysctlPlanner.sets(line.pattern(), path)) {
        named = Optional.of(line);
      }
    }
    return named.isPresent() || leftOut ? named : patterned;
  }

  private static Finding finding(
      SysctlSetting setting, SysctlLine line, String wanted, boolean ufw) {
    String place = line.file() + ":" + line.line();
    String name = SysctlPlanner.dotted(setting.path());
    return new Finding(
        Reason.SysctlContradicted,
        place,
        "%s sets %s to %s; Tweed keeps it at %s while it runs, but not from %s until Tweed is up"
            .formatted(
                place,
                name,
                line.value().orElse(""),
                wanted,
                ufw ? "a start of ufw" : "a start of the machine"),
        remedy(line, name, wanted));
  }

  private static String remedy(SysctlLine line, String name, String wanted) {
    if (!line.file().startsWith("/etc/")) {
      // Of a package or of a program, which would write it anew.
      return "echo '%s = %s' >>/etc/sysctl.d/zz-tweed.conf".formatted(name, wanted);
    }
    return line.file().matches("[A-Za-z0-9/._@+-]+")
        ? "sed -i '%d s/^/#/' %s".formatted(line.line(), line.file())
        : "put a # before line %d of %s".formatted(line.line(), line.file());
  }
}
