package dev.tweed.agent;

import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** ufw with files of its own in a network namespace; the machine's is out of its reach. */
public final class UfwFiles {

  private final Path root;
  private final Netns netns;

  private UfwFiles(Path root, Netns netns) {
    this.root = root;
    this.netns = netns;
  }

  /** Files as they come from the package; skips the test if there is no ufw. */
  public static UfwFiles install(Path root, Netns netns) {
    Needs.program("/usr/sbin/ufw", "ufw");
    netns.sh(
        """
        ip link set lo up
        mkdir -p %1$s/etc/default %1$s/run %1$s/usr/sbin
        ln -s /usr/sbin/ufw %1$s/usr/sbin/ufw
        cp -a /etc/ufw %1$s/etc/ufw; cp -a /etc/default/ufw %1$s/etc/default/ufw
        cp /usr/share/ufw/iptables/*.rules %1$s/etc/ufw/
        chmod 640 %1$s/etc/ufw/*.rules
        """
            .formatted(root));
    return new UfwFiles(root, netns);
  }

  /** Denies everything, but what a person usually types. */
  public UfwFiles denying() {
    ufw("default deny incoming");
    ufw("default deny outgoing");
    ufw("default deny routed");
    ufw("allow 22/tcp comment ssh");
    ufw("--force enable");
    return this;
  }

  /** Runs ufw with these arguments, separated by blanks. */
  public String ufw(String arguments) {
    return type("LC_ALL=C.UTF-8 ufw " + arguments);
  }

  /** Runs a script where ufw's files are this node's. */
  public String type(String script) {
    return netns.exec(
        "unshare",
        "--mount",
        "sh",
        "-ec",
        """
        mount --bind %1$s/etc/ufw /etc/ufw
        mount --bind %1$s/etc/default/ufw /etc/default/ufw
        mount --bind %1$s/run /run
        %2$s
        """
            .formatted(root, script));
  }

  /** A chain of the kernel. */
  public String chain(String name) {
    return netns.exec("iptables", "-S", name);
  }

  public Path root() {
    return root;
  }

  public String text(String name) {
    try {
      return Files.readString(root.resolve(name), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
