package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.iptables.IptablesPrograms;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;

/**
 * Real ufw in a network namespace, with files and a lock of its own: each command sees them through
 * a mount namespace of its own. The machine's firewall is out of its reach.
 */
final class UfwNode implements AutoCloseable {

  private static final int CLONE_NEWNS = 0x00020000;
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private final Path root;
  private final Netns netns;

  private UfwNode(Path root, Netns netns) {
    this.root = root;
    this.netns = netns;
  }

  /** One with the files of the package, not enabled; skips the test if there is no ufw. */
  static UfwNode install(Path root) throws IOException {
    Needs.program("/usr/sbin/ufw", "ufw");
    Netns netns = Netns.open();
    Files.createDirectories(root.resolve("etc/default"));
    Files.createDirectories(root.resolve("run"));
    // Of the package, not of the machine, whose own may hold rules.
    netns.sh(
        """
        ip link set lo up
        cp -a /etc/ufw %1$s/etc/ufw; cp -a /etc/default/ufw %1$s/etc/default/ufw
        cp /usr/share/ufw/iptables/*.rules %1$s/etc/ufw/
        chmod 640 %1$s/etc/ufw/*.rules
        """
            .formatted(root));
    return new UfwNode(root, netns);
  }

  /** One that denies everything. */
  static UfwNode denying(Path root) throws IOException {
    UfwNode node = install(root);
    // As "ufw default deny outgoing" does; the others are denied from the start.
    Path defaults = node.file("etc/default/ufw");
    Files.writeString(
        defaults,
        Files.readString(defaults)
            .replaceAll("(?m)^DEFAULT_OUTPUT_POLICY=.*", "DEFAULT_OUTPUT_POLICY=\"DROP\""));
    node.ufw("--force enable");
    return node;
  }

  /** Runs ufw with these arguments, separated by blanks. */
  String ufw(String arguments) {
    return sh(
        "LC_ALL=C.UTF-8 ufw "
            + arguments.replace("$", "\\$").replace("(", "\\(").replace(")", "\\)"));
  }

  /** Runs a script where ufw's files are this node's. */
  String sh(String script) {
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

  /** Applies rows as the daemon would. */
  BackendOutcome apply(List<FilterRow> rows) {
    return apply(rows, chains());
  }

  /** The same with other chains. */
  BackendOutcome apply(List<FilterRow> rows, UfwChains chains) {
    return netns.call(() -> new UfwBackend(writer(chains)).apply(rows));
  }

  /** The same with another look at the host. */
  BackendOutcome apply(List<FilterRow> rows, UfwHost host) {
    UfwWriter writer = new UfwWriter(root, root.resolve("run/tweed"), host, chains(), PATIENCE);
    return netns.call(() -> new UfwBackend(writer).apply(rows));
  }

  /** The same where nothing is in the way. */
  UfwApplied write(List<FilterRow> rows) {
    return netns.call(() -> writer(chains()).apply(rows));
  }

  /** The real chains. */
  static UfwChains chains() {
    return new UfwChains(IptablesPrograms.ofUfw(List.of()));
  }

  /** From now on what runs inside sees other mounts than the machine. */
  void privateMounts(String script) {
    netns.call(
        () -> {
          Netns.Unshare libc =
              LibraryLoader.create(Netns.Unshare.class)
                  .load(Platform.getNativePlatform().getStandardCLibraryName());
          if (libc.unshare(CLONE_NEWNS) != 0) {
            throw new IllegalStateException("unshare(CLONE_NEWNS) failed");
          }
          return null;
        });
    netns.sh("mount --make-rprivate /; " + script);
  }

  /** What applying them would come to. */
  BackendOutcome check(List<FilterRow> rows) {
    return netns.call(() -> new UfwBackend(writer(chains())).check(rows));
  }

  private UfwWriter writer(UfwChains chains) {
    return new UfwWriter(root, root.resolve("run/tweed"), chains, PATIENCE);
  }

  /** Another process that holds ufw's lock until it is closed. */
  Holder holdLock() throws IOException {
    Process process =
        new ProcessBuilder(
                "python3",
                "-c",
                "import fcntl,sys\n"
                    + "f=open(sys.argv[1],'w')\n"
                    + "fcntl.lockf(f,fcntl.LOCK_EX)\n"
                    + "print('held',flush=True)\n"
                    + "sys.stdin.read()",
                file("run/ufw.lock").toString())
            .start();
    if (!"held".equals(process.inputReader().readLine())) {
      throw new IllegalStateException("the lock is not to be had");
    }
    return new Holder(process);
  }

  /**
   * Who holds the lock.
   *
   * @param process that does
   */
  record Holder(Process process) implements AutoCloseable {
    @Override
    public void close() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }
  }

  /** Rules of the filter table, IPv4 and IPv6. */
  String kernel() {
    return netns
        .sh("iptables-save -t filter; ip6tables-save -t filter")
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.startsWith(":") ? line.replaceAll("\\[.*", "") : line)
        .reduce("", (a, b) -> a + b + "\n");
  }

  Netns netns() {
    return netns;
  }

  Path file(String name) {
    return root.resolve(name);
  }

  String text(String name) throws IOException {
    return Files.readString(root.resolve(name), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    netns.close();
  }
}
