package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.HostSysctls;
import dev.tweed.dataplane.plan.SysctlFileOrder;
import dev.tweed.dataplane.plan.SysctlLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads what the host's files say about sysctls. What is not there or cannot be read says nothing.
 *
 * @param root directory of the host's files
 */
public record SysctlFileReader(Path root) {

  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_LINKS = 8;
  private static final Pattern ENABLED = Pattern.compile("(?mi)^ENABLED=[\"']?(\\w+)");
  private static final Pattern IPT_SYSCTL =
      Pattern.compile("(?m)^IPT_SYSCTL=[\"']?(/[A-Za-z0-9/._-]+)");

  /** Everything there is. */
  public HostSysctls read() {
    Map<String, List<String>> names = new HashMap<>();
    SysctlFileOrder.DIRECTORIES.forEach(directory -> names.put(directory, names(directory)));
    // A link to another of the files, as Debian's 99-sysctl.conf: told once, by its own name.
    Set<String> files = new LinkedHashSet<>();
    for (String file : SysctlFileOrder.of(names)) {
      target(file).ifPresent(files::add);
    }
    List<SysctlLine> boot = new ArrayList<>();
    files.forEach(file -> boot.addAll(SysctlLine.parse(file, text(file))));
    return new HostSysctls(boot, ufw());
  }

  private List<SysctlLine> ufw() {
    boolean starts =
        last(ENABLED, text("/etc/ufw/ufw.conf")).filter("yes"::equalsIgnoreCase).isPresent();
    return starts
        ? last(IPT_SYSCTL, text("/etc/default/ufw"))
            .flatMap(this::target)
            .map(file -> SysctlLine.parse(file, text(file)))
            .orElse(List.of())
        : List.of();
  }

  /** The last assignment counts: these files are shell scripts to ufw. */
  private static Optional<String> last(Pattern assignment, String text) {
    Matcher matcher = assignment.matcher(text);
    Optional<String> value = Optional.empty();
    while (matcher.find()) {
      value = Optional.of(matcher.group(1));
    }
    return value;
  }

  private List<String> names(String directory) {
    try (Stream<Path> files = Files.list(inside(directory))) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (IOException none) {
      return List.of();
    }
  }

  /** Where a link leads, by the names of the host; links to nowhere and /dev/null say nothing. */
  private Optional<String> target(String file) {
    Path path = Path.of(file);
    try {
      for (int i = 0; i < MAX_LINKS && Files.isSymbolicLink(inside(path.toString())); i++) {
        path = path.resolveSibling(Files.readSymbolicLink(inside(path.toString()))).normalize();
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return Files.isRegularFile(inside(path.toString()))
        ? Optional.of(path.toString())
        : Optional.empty();
  }

  private String text(String file) {
    try (InputStream in = Files.newInputStream(inside(file))) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
    } catch (IOException none) {
      return "";
    }
  }

  private Path inside(String file) {
    return root.resolve(file.substring(1));
  }
}
