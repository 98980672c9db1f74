package dev.tweed.firewall;

import dev.tweed.firewall.FirewallAdvicePlanner.Direction;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Commands that open the way in one kind of firewall. Rules have to go into the firewall that
 * drops: an accept in another table opens nothing.
 */
sealed interface AdviceRenderer {

  /** These firewalls are loaded from a file, or by a program, we do not know. */
  String NOT_KEPT =
      "; the commands last until the rules are loaded again, so put them where those come from";

  /** The firewall, as a person knows it. */
  String who();

  /** What else a person should know about the commands; a clause, or empty. */
  default String note() {
    return "";
  }

  /** What to type to let packets of that direction through. */
  List<String> commands(Direction direction);

  /** The renderer for the firewall the blocking chain belongs to. */
  static AdviceRenderer of(HostFirewall firewall, Chain blocker, AddressFamily family, NetworkNeeds needs) {
    if (blocker.table().equals("firewalld") || firewall.manager() == Manager.FIREWALLD) {
      return new Firewalld(needs);
    }
    if (blocker.table().equals("filter") && !blocker.family().equals("inet")) {
      return firewall.manager() == Manager.UFW
          ? new Ufw(needs)
          : new Iptables(blocker, needs, family, firewall.rules().hasChain("DOCKER-USER"));
    }
    return new Nftables(blocker, needs);
  }

  /** Device in and device out of a direction; empty where any will do. */
  private static String inOut(Direction direction, NetworkNeeds needs, String in, String out) {
    String bridge = needs.bridge();
    return switch (direction) {
      case FROM_NODES ->
          needs
              .tunnel()
              .map(NetworkNeeds.Tunnel::device)
              .or(needs::underlayDevice)
              .map(device -> in.formatted(device) + " " + out.formatted(bridge))
              .orElse(out.formatted(bridge));
      // One rule for all that leaves the pods.
      case TO_NODES, ON_NODE, OUTSIDE -> in.formatted(bridge);
      case TUNNEL_IN, TUNNEL_OUT -> throw new IllegalArgumentException("not a routed direction");
    };
  }

  private static int port(NetworkNeeds needs) {
    return needs.tunnel().orElseThrow().port();
  }

  /** Rows that ufw keeps over reloads and reboots. */
  record Ufw(NetworkNeeds needs) implements AdviceRenderer {
    @Override
    public String who() {
      return "ufw";
    }

    @Override
    public List<String> commands(Direction direction) {
      return List.of(
          switch (direction) {
            case TUNNEL_IN -> "ufw allow " + port(needs) + "/udp";
            case TUNNEL_OUT -> "ufw allow out " + port(needs) + "/udp";
            default -> "ufw route allow " + inOut(direction, needs, "in on %s", "out on %s");
          });
    }
  }

  /** Each twice, at once and for good, because a reload would interrupt what is running. */
  record Firewalld(NetworkNeeds needs) implements AdviceRenderer {
    @Override
    public String who() {
      return "firewalld";
    }

    @Override
    public List<String> commands(Direction direction) {
      List<String> options =
          switch (direction) {
            case TUNNEL_IN -> List.of("--add-port=" + port(needs) + "/udp");
            case TUNNEL_OUT ->
                List.of(
                    "--direct --add-rule ipv4 filter OUTPUT 0 -p udp --dport "
                        + port(needs)
                        + " -j ACCEPT");
            default ->
                needs.podCidrs().stream()
                    .map(cidr -> "--zone=trusted --add-source=" + cidr)
                    .toList();
          };
      List<String> commands = new ArrayList<>();
      for (String option : options) {
        commands.add("firewall-cmd " + option);
        commands.add("firewall-cmd --permanent " + option);
      }
      return commands;
    }
  }

  /** Rules at the head of the chain, or where Docker leaves room for the administrator's. */
  record Iptables(Chain chain, NetworkNeeds needs, AddressFamily family, boolean docker)
      implements AdviceRenderer {
    @Override
    public String who() {
      return "chain %s of iptables".formatted(chain.name());
    }

    @Override
    public String note() {
      return NOT_KEPT;
    }

    @Override
    public List<String> commands(Direction direction) {
      String program = family == AddressFamily.IPV4 ? "iptables" : "ip6tables";
      String command =
          switch (direction) {
            case TUNNEL_IN -> "INPUT -p udp --dport " + port(needs);
            case TUNNEL_OUT -> "OUTPUT -p udp --dport " + port(needs);
            default ->
                (docker ? "DOCKER-USER" : "FORWARD")
                    + " "
                    + inOut(direction, needs, "-i %s", "-o %s");
          };
      return List.of(program + " -I " + command + " -j ACCEPT");
    }
  }

  /** Rules at the head of the chain that drops. */
  record Nftables(Chain chain, NetworkNeeds needs) implements AdviceRenderer {

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");

    @Override
    public String who() {
      return "chain %s of table %s %s"
          .formatted(name(chain.name()), chain.family(), name(chain.table()));
    }

    @Override
    public String note() {
      return NOT_KEPT;
    }

    @Override
    public List<String> commands(Direction direction) {
      String rule =
          switch (direction) {
            case TUNNEL_IN, TUNNEL_OUT -> "udp dport " + port(needs);
            default -> inOut(direction, needs, "iifname %s", "oifname %s");
          };
      return List.of(
          "nft insert rule %s %s %s %s accept"
              .formatted(chain.family(), name(chain.table()), name(chain.name()), rule));
    }

    /** Names come from the kernel and end in a shell. */
    private static String name(String name) {
      return PLAIN.matcher(name).matches() ? name : "NAME";
    }
  }
}
