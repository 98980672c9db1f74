package dev.tweed.agent.firewall;

import dev.tweed.agent.firewall.FirewallHost.Watching;
import dev.tweed.agent.loop.DirectoryWatch.Target;
import dev.tweed.firewall.RulesetMonitor;
import dev.tweed.netlink.NetlinkException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the host's firewall may have changed: its rules in the kernel, as {@link
 * RulesetMonitor} does, and its files, where {@link #directories} are watched. Rules of
 * iptables-legacy give no events; the audit finds those.
 *
 * <p>Changes of our own are told as well. They cost one look, which finds nothing to do, and with
 * that it ends.
 */
public final class FirewallWatch {

  private static final Logger LOG = LoggerFactory.getLogger(FirewallWatch.class);

  private FirewallWatch() {}

  /**
   * Starts listening in the calling thread's network namespace. Where the kernel cannot be listened
   * to, changes are found by the audit only; that is no reason to do without rules.
   *
   * @param onChange called from a thread of the watch; must return quickly
   */
  public static Watching start(Runnable onChange) {
    try {
      return RulesetMonitor.open(onChange)::close;
    } catch (NetlinkException e) {
      LOG.warn("changes of the firewall are found by the audit only: {}", e.getMessage());
      return () -> {};
    }
  }

  /**
   * Where firewalls keep what they start with; none of it needs to exist.
   *
   * @param hostRoot root directory of the host's files
   */
  public static List<Target> directories(Path hostRoot, Runnable onChange) {
    Path etc = hostRoot.resolve("etc");
    Path firewalld = etc.resolve("firewalld");
    Predicate<String> visible = name -> !name.startsWith(".");
    return List.of(
        new Target(etc, Set.of("default", "firewalld", "ufw")::contains, onChange),
        new Target(etc.resolve("default"), "ufw"::equals, onChange),
        new Target(
            etc.resolve("ufw"),
            Set.of("ufw.conf", "user.rules", "user6.rules")::contains,
            onChange),
        new Target(firewalld, visible, onChange),
        new Target(firewalld.resolve("policies"), visible, onChange),
        new Target(firewalld.resolve("zones"), visible, onChange));
  }
}
