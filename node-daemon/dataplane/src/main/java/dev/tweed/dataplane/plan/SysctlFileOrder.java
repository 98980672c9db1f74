package dev.tweed.dataplane.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which files of sysctl.d directories count, and in which order. */
public final class SysctlFileOrder {

  private SysctlFileOrder() {}

  /** Directories, the ones that win over a file of the same name first. */
  public static final List<String> DIRECTORIES =
      List.of("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d");

  /** Read by sysctl(8) after all others. */
  public static final String LAST = "/etc/sysctl.conf";

  /**
   * Paths in the order in which they are applied: by the names of the files, whatever the
   * directories.
   *
   * @param names of the files in each directory
   */
  public static List<String> of(Map<String, List<String>> names) {
    Map<String, String> chosen = new TreeMap<>();
    for (String directory : DIRECTORIES) {
      for (String name : names.getOrDefault(directory, List.of())) {
        if (name.endsWith(".conf")) {
          chosen.putIfAbsent(name, directory + "/" + name);
        }
      }
    }
    List<String> files = new ArrayList<>(chosen.values());
    files.add(LAST);
    return List.copyOf(files);
  }
}
