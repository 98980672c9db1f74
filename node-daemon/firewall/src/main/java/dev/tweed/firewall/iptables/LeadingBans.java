package dev.tweed.firewall.iptables;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The rules at the beginning of a base chain that a jump of ours belongs behind, because what it
 * accepts they would not be asked about any more: bans of sources (fail2ban, CrowdSec, a person's
 * own) and the chains of NetworkPolicy engines. Pure.
 *
 * <p>A ban is a rule that refuses a source, by itself or by a chain that only refuses, or a jump to
 * a chain in which nothing is accepted and only sources are refused. A chain that refuses whatever
 * comes is none: behind it no row that allows would have an effect. Among bans may be rules that
 * make no difference to ours: such that decide nothing, or about loopback and known connections.
 */
final class LeadingBans {

  /** kube-router (k3s, too) and Calico, which see to it that theirs come first. */
  private static final List<String> ENGINES = List.of("KUBE-ROUTER-", "cali-");

  /** Targets that decide nothing. */
  private static final Set<String> PASS =
      Set.of("", "RETURN", "LOG", "NFLOG", "MARK", "CONNMARK", "SET");

  /** Wider sources among {@link #PRIVATE} are a filter: pods and nodes have such addresses. */
  private static final Map<AddressFamily, Integer> WIDEST =
      Map.of(AddressFamily.IPV4, 24, AddressFamily.IPV6, 64);

  /** Wider ones of the public are a filter, too: registries have no larger. */
  private static final Map<AddressFamily, Integer> WIDEST_PUBLIC =
      Map.of(AddressFamily.IPV4, 8, AddressFamily.IPV6, 12);

  private static final List<IpPrefix> PRIVATE =
      Stream.of("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
          .map(IpPrefix::parse)
          .toList();

  private static final Set<String> REFUSE = Set.of("DROP", "REJECT");

  /** What ours begin with, too, or do not decide about. */
  private static final Set<List<String>> NEUTRAL =
      Stream.of(
              "-i lo -j ACCEPT",
              "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
              "-m conntrack --ctstate ESTABLISHED -j ACCEPT",
              "-m state --state RELATED,ESTABLISHED -j ACCEPT",
              "-m state --state ESTABLISHED -j ACCEPT",
              "-m conntrack --ctstate INVALID -j DROP",
              "-m state --state INVALID -j DROP")
          .map(rule -> IptablesRule.tryParse("-A INPUT " + rule).orElseThrow().options())
          .collect(Collectors.toSet());

  private final Map<String, List<String>> chains;
  private final Map<String, Boolean> ofBans = new HashMap<>();
  private final Map<String, Boolean> refusing = new HashMap<>();

  private LeadingBans(Map<String, List<String>> chains) {
    this.chains = chains;
  }

  /**
   * Counts them.
   *
   * @param base the chain that packets begin in
   * @param ours the chain of ours; rules that lead to it are passed over
   * @param chains lines of all chains of the table, as iptables-save prints them
   */
  static int count(String base, String ours, Map<String, List<String>> chains) {
    LeadingBans bans = new LeadingBans(chains);
    int count = 0;
    int seen = 0;
    for (String line : chains.getOrDefault(base, List.of())) {
      Optional<IptablesRule> rule = IptablesRule.tryParse(line);
      if (rule.filter(r -> r.target().equals(ours)).isPresent()) {
        continue;
      }
      seen++;
      if (rule.filter(bans::isBan).isPresent()) {
        count = seen;
      } else if (rule.filter(LeadingBans::isNeutral).isEmpty()) {
        break;
      }
    }
    return count;
  }

  private static boolean isNeutral(IptablesRule rule) {
    return PASS.contains(rule.target()) && !rule.target().equals("RETURN")
        || NEUTRAL.contains(rule.withoutComment());
  }

  private boolean isBan(IptablesRule rule) {
    String target = rule.target();
    return ENGINES.stream().anyMatch(target::startsWith)
        || refuses(rule) && isForFew(rule)
        || rule.isJump() && consistsOf(ofBans, target, this::isBan);
  }

  /** Also by way of a chain that logs, say. */
  private boolean refuses(IptablesRule rule) {
    return REFUSE.contains(rule.target())
        || rule.isJump() && consistsOf(refusing, rule.target(), this::refuses);
  }

  private static boolean isForFew(IptablesRule rule) {
    return rule.asksForSourceInSet()
        || rule.asksForRecentSource()
        || rule.source()
            .filter(
                source ->
                    source.length() >= WIDEST.get(source.family())
                        || source.length() >= WIDEST_PUBLIC.get(source.family())
                            && PRIVATE.stream().noneMatch(source::overlaps))
            .isPresent();
  }

  /** Whether each rule of a chain is like that, or decides nothing. */
  private boolean consistsOf(
      Map<String, Boolean> known, String chain, Predicate<IptablesRule> like) {
    Boolean before = known.get(chain);
    if (before != null) {
      return before;
    }
    known.put(chain, false);
    boolean all =
        chains.containsKey(chain)
            && chains.get(chain).stream()
                .map(IptablesRule::tryParse)
                .allMatch(
                    rule ->
                        rule.filter(r -> PASS.contains(r.target()) || like.test(r)).isPresent());
    known.put(chain, all);
    return all;
  }
}
