package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.Errno;
import java.util.OptionalInt;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class RuleCountReaderTest {

  private static final PortRange PORT = PortRange.of(7);

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void packetsAreThoseOfTheRuleThatDecided() {
    FirewallRule rule = FirewallRule.allow("open", Direction.OUT);
    node.sh(
        "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up;"
            + " ip addr add 192.0.2.1/24 dev d0; ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev d0");
    new NftablesBackend(node.tables(), OptionalInt::empty)
        .apply(
            Rows.of(
                rule.withPorts(Protocol.UDP, PORT).withLogging(Logging.NEW),
                rule.withName("closed").withAction(Action.DENY).withPorts(Protocol.UDP),
                rule.withName("few").withAction(Action.LIMIT).withPorts(Protocol.TCP, PORT),
                rule.withName("told").withAction(Action.REJECT)));

    node.sh(
        "bash -c 'for port in 7 7 8; do echo >/dev/udp/192.0.2.9/$port || true; done' 2>/dev/null");

    assertThat(new RuleCountReader(node.tables()).read())
        .containsExactly(
            new RuleCount("test", "open", Action.ALLOW, false, 2),
            new RuleCount("test", "closed", Action.DENY, false, 1),
            new RuleCount("test", "few", Action.LIMIT, false, 0),
            new RuleCount("test", "told", Action.REJECT, false, 0));
  }

  @Test
  void whereTheKernelCannotBeAskedThereAreNone() {
    assertThat(new RuleCountReader(OtherTables.unreadable(Errno.EPERM)).read()).isEmpty();
  }
}
