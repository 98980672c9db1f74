package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.iptables.IptablesFailure;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** ufw's files and chains as they are; reads only. */
class UfwHost {

  private static final Path IPV6_IN_KERNEL = Path.of("/proc/sys/net/ipv6");

  private final Path root;
  private final UfwChains chains;

  /**
   * @param root root directory of the host's files
   * @param chains of the host
   */
  UfwHost(Path root, UfwChains chains) {
    this.root = root;
    this.chains = chains;
  }

  UfwSettings settings() throws RefusalException {
    try {
      return UfwSettings.read(root);
    } catch (IOException e) {
      throw new RefusalException(
          BackendOutcome.NOT_FOUND,
          "ufw's settings cannot be read: " + e.getMessage(),
          "install ufw, or let the daemon see the host's files (chart value firewall.hostTools)");
    }
  }

  /** Families ufw takes care of. */
  static Set<AddressFamily> families(UfwSettings settings) {
    return settings.ipv6() && Files.isDirectory(IPV6_IN_KERNEL)
        ? EnumSet.allOf(AddressFamily.class)
        : EnumSet.of(AddressFamily.IPV4);
  }

  /** Families there may be rules of ours for, whether ufw takes care of them now or not. */
  Set<AddressFamily> familiesWithFile() {
    Set<AddressFamily> families = EnumSet.of(AddressFamily.IPV4);
    if (file(AddressFamily.IPV6).exists()) {
      families.add(AddressFamily.IPV6);
    }
    return families;
  }

  UfwFile file(AddressFamily family) {
    return new UfwFile(root.resolve("etc/ufw").resolve(UfwRulesFile.name(family)));
  }

  UfwRulesFile read(AddressFamily family) throws IOException, RefusalException {
    if (!file(family).exists()) {
      throw new RefusalException(
          "FileNotUnderstood",
          "/etc/ufw/" + UfwRulesFile.name(family) + " is missing",
          "'ufw reset' makes a new one, and disables ufw");
    }
    if (!file(family).isPlain()) {
      throw new RefusalException(
          "FileNotUnderstood",
          "/etc/ufw/" + UfwRulesFile.name(family) + " is a link, or no file at all",
          "put the file itself there: it is replaced as a whole, and links are not followed");
    }
    return UfwRulesFile.parse(file(family).read(), family);
  }

  /** Rules of the running chains; empty if ufw is switched off. */
  Optional<List<String>> list(AddressFamily family) throws RefusalException {
    try {
      return chains.list(family);
    } catch (IOException e) {
      throw chainError(e);
    }
  }

  static RefusalException chainError(IOException e) {
    boolean locked = e instanceof IptablesFailure failure && failure.isLocked();
    return new RefusalException(
        locked ? BackendOutcome.LOCKED : "ChainError",
        String.valueOf(e.getMessage()),
        "the rules before are in force; look with: ufw status, ufw show raw");
  }
}
