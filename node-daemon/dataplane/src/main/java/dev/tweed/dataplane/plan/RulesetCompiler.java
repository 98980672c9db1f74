package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.HostPort;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.Conntrack;
import dev.tweed.netlink.nft.NfExpression.Equal;
import dev.tweed.netlink.nft.NfExpression.Mask;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes our table of nf_tables: source address translation, and the answer to probes. Pure.
 *
 * <p>Packets between pods keep their addresses, and so do packets from outside to pods of this
 * node, which has the way back. Pods' packets to the outside get the node's address. What enters a
 * tunnel with a source outside the pod network (a Service whose proxy does not translate, a program
 * bound to the node's address) gets the tunnel's, or the reply would take another way than the
 * request. Pods of a block that retires get the node's address also towards other nodes' pods,
 * which have no way back to theirs.
 *
 * <p>The mark 0x4000, tested under its mask because others use other bits, is kube-proxy's request
 * to translate, which it does itself.
 *
 * <p>A probe asks whether packets reach the bridge's ports. What the host's firewall does with
 * packets for the host, or a program that listens on the port, says nothing of that, so it is
 * answered ahead of them, as an unused port is.
 *
 * <p>Ports of the node that lead to pods are those of the plugin portmap, which makes its rules
 * once, when the pod starts. Ours are asked after them: only where somebody has flushed those. As
 * there, pods of the node and the node itself get an address to which the reply comes back this
 * way.
 *
 * <p>There is no forward chain: an accept is final only within its own base chain, so it cannot
 * open what another table drops.
 */
public final class RulesetCompiler {

  /** The table. */
  public static final NfTable TABLE = new NfTable(NfFamily.INET, "tweed");

  private static final String PROBE = "probe";
  private static final String POSTROUTING = "postrouting";
  private static final String HOST_PORTS = "hostports";
  private static final String HOST_PORTS_IN = "hostports-prerouting";
  private static final String HOST_PORTS_OUT = "hostports-output";

  /** Names of its chains, those of ports of the node last. */
  public static final List<String> CHAINS =
      List.of(PROBE, POSTROUTING, HOST_PORTS, HOST_PORTS_IN, HOST_PORTS_OUT);

  private static final IpPrefix MULTICAST_4 = IpPrefix.parse("224.0.0.0/4");
  private static final IpPrefix MULTICAST_6 = IpPrefix.parse("ff00::/8");
  private static final IpPrefix LOOPBACK_4 = IpPrefix.parse("127.0.0.0/8");

  /** Ahead of filters. */
  private static final int BEFORE_FILTERS = -10;

  private static final int SOURCE_TRANSLATION = 100; // NF_IP_PRI_NAT_SRC

  /** After the rules of portmap and of kube-proxy. */
  private static final int AFTER_DESTINATION_TRANSLATION = -100 + 1; // NF_IP_PRI_NAT_DST

  private static final int MASQUERADE_MARK = 0x4000;

  private final List<NfRule> rules = new ArrayList<>();

  private RulesetCompiler() {}

  /**
   * Makes the table.
   *
   * @param masquerade what is asked for
   * @param podCidrs all pools of the network
   * @param tunnels names of the tunnel devices
   * @param asked addresses of this host that are probed for want of one behind the bridge
   * @param host underlay addresses of this node
   * @param own blocks of this node
   * @param retiring those of them that other nodes do not know of
   * @param hostPorts ports of this node that lead to its pods
   */
  public static NfTableContent compile(
      Masquerade masquerade,
      List<IpPrefix> podCidrs,
      List<String> tunnels,
      List<IpAddress> asked,
      List<IpAddress> host,
      List<IpPrefix> own,
      List<IpPrefix> retiring,
      List<HostPort> hostPorts) {
    RulesetCompiler compiler = new RulesetCompiler();
    compiler.addAnswers(asked, podCidrs);
    hostPorts.forEach(port -> compiler.addReplies(port, host, own, masquerade));
    NfValue mark = NfValue.ofHostNumber(MASQUERADE_MARK);
    compiler.add(
        POSTROUTING,
        "kube-proxy translates it",
        new NfSteps().then(new Meta(Meta.Key.MARK), new Mask(mark), new Equal(mark)),
        Verdict.returns());
    for (AddressFamily family : AddressFamily.values()) {
      List<IpPrefix> pods = covering(podCidrs, family);
      if (!pods.isEmpty() && masquerade.enabled()) {
        compiler.addRetiring(
            family, pods, covering(own, family), covering(retiring, family), masquerade);
        compiler.addTranslation(family, pods, masquerade, tunnels);
      }
    }
    List<NfChain> chains = new ArrayList<>();
    chains.add(chain(PROBE, NfHook.Type.FILTER, NfHook.Point.INPUT, BEFORE_FILTERS));
    chains.add(chain(POSTROUTING, NfHook.Type.NAT, NfHook.Point.POSTROUTING, SOURCE_TRANSLATION));
    if (!hostPorts.isEmpty()) {
      chains.add(new NfChain(TABLE, HOST_PORTS, Optional.empty()));
      chains.add(hostPorts(HOST_PORTS_IN, NfHook.Point.PREROUTING));
      chains.add(hostPorts(HOST_PORTS_OUT, NfHook.Point.OUTPUT));
      hostPorts.forEach(compiler::addHostPort);
      for (String chain : List.of(HOST_PORTS_IN, HOST_PORTS_OUT)) {
        compiler.add(chain, "for this node", new NfSteps().local(), Verdict.jump(HOST_PORTS));
      }
    }
    return new NfTableContent(TABLE, List.of(), Map.of(), chains, compiler.rules);
  }

  private static NfChain hostPorts(String name, NfHook.Point point) {
    return chain(name, NfHook.Type.NAT, point, AFTER_DESTINATION_TRANSLATION);
  }

  private void addHostPort(HostPort port) {
    NfSteps steps = new NfSteps().family(port.pod().family());
    port.address()
        .ifPresent(
            own -> steps.within(NfSteps.destination(own.family()), List.of(IpPrefix.host(own))));
    steps
        .protocol(port.protocol().number())
        .number(NfSteps.destinationPort(), port.port())
        .then(
            new NfExpression.Put(NfExpression.Put.Register.FIRST, NfValue.of(port.pod())),
            new NfExpression.Put(
                NfExpression.Put.Register.SECOND, NfValue.ofNumber(port.podPort(), 2)));
    add(HOST_PORTS, text(port), steps, new NfExpression.DestinationNat(port.pod().family()));
  }

  /** The pod would reply to a neighbour on the bridge by itself, and to 127.0.0.1 not at all. */
  private void addReplies(
      HostPort port, List<IpAddress> host, List<IpPrefix> own, Masquerade masquerade) {
    AddressFamily family = port.pod().family();
    List<IpPrefix> from = new ArrayList<>(covering(own, family));
    // A Service of the same numbers is translated by kube-proxy, and is nobody's address.
    List<IpPrefix> asked =
        Stream.concat(host.stream(), own.stream().map(ProbeAddress::gateway))
            .filter(address -> address.family() == family)
            .map(IpPrefix::host)
            .collect(Collectors.toCollection(ArrayList::new));
    if (family == AddressFamily.IPV4) {
      from.add(LOOPBACK_4);
      asked.add(LOOPBACK_4);
    }
    if (from.isEmpty() || asked.isEmpty()) {
      return;
    }
    NfSteps steps =
        from(family, from)
            .within(NfSteps.destination(family), List.of(IpPrefix.host(port.pod())))
            .protocol(port.protocol().number())
            .number(NfSteps.destinationPort(), port.podPort())
            .translated()
            .within(
                new Conntrack(
                    family == AddressFamily.IPV4
                        ? Conntrack.Key.ORIGINAL_DESTINATION_IPV4
                        : Conntrack.Key.ORIGINAL_DESTINATION_IPV6),
                port.address().map(IpPrefix::host).map(List::of).orElse(asked))
            .number(new Conntrack(Conntrack.Key.ORIGINAL_DESTINATION_PORT), port.port());
    add(POSTROUTING, "replies of " + text(port), steps, translation(masquerade));
  }

  private static String text(HostPort port) {
    return "%s port %d to %s".formatted(port.protocol(), port.port(), port.pod());
  }

  private static NfChain chain(String name, NfHook.Type type, NfHook.Point point, int priority) {
    return new NfChain(TABLE, name, Optional.of(new NfHook(type, point, priority, true)));
  }

  private void add(String chain, String comment, NfSteps steps, NfExpression last) {
    rules.add(steps.rule(TABLE, chain, comment, last));
  }

  private void addAnswers(List<IpAddress> asked, List<IpPrefix> podCidrs) {
    // Who listens on the port of probes must not be taken for a pod that is out of reach.
    addAnswer(
        "answers probes, before the host's firewall and whoever listens",
        new NfSteps().device(Meta.Key.INPUT_NAME, ProbeDevice.NAME));
    for (AddressFamily family : AddressFamily.values()) {
      List<IpPrefix> own =
          asked.stream().filter(a -> a.family() == family).map(IpPrefix::host).toList();
      List<IpPrefix> network = covering(podCidrs, family);
      if (!own.isEmpty() && !network.isEmpty()) {
        addAnswer(
            ip(family) + " answers probes of a block that has no address for them",
            from(family, network).within(NfSteps.destination(family), own));
      }
    }
  }

  private void addAnswer(String comment, NfSteps steps) {
    steps.protocol(NfSteps.UDP).number(NfSteps.destinationPort(), ProbeAddress.PORT);
    add(PROBE, comment, steps, NfExpression.Reject.PORT_UNREACHABLE);
  }

  private void addRetiring(
      AddressFamily family,
      List<IpPrefix> pods,
      List<IpPrefix> own,
      List<IpPrefix> retiring,
      Masquerade masquerade) {
    if (retiring.isEmpty()) {
      return;
    }
    NfExpression to = NfSteps.destination(family);
    NfSteps steps = from(family, retiring).within(to, pods);
    own.forEach(block -> steps.outside(to, block));
    add(POSTROUTING, ip(family) + " retiring block to remote pod", steps, translation(masquerade));
  }

  private static NfExpression translation(Masquerade masquerade) {
    return new NfExpression.Masquerade(masquerade.fullyRandom());
  }

  private void addTranslation(
      AddressFamily family, List<IpPrefix> pods, Masquerade masquerade, List<String> tunnels) {
    List<IpPrefix> except = new ArrayList<>(masquerade.except());
    except.add(family == AddressFamily.IPV4 ? MULTICAST_4 : MULTICAST_6);
    NfExpression to = NfSteps.destination(family);
    NfExpression translation = translation(masquerade);
    String ip = ip(family);
    add(POSTROUTING, ip + " pod to pod", from(family, pods).within(to, pods), Verdict.returns());
    add(
        POSTROUTING,
        ip + " sees the pod's own address",
        from(family, pods).within(to, covering(except, family)),
        Verdict.returns());
    add(POSTROUTING, ip + " pod to outside", from(family, pods), translation);
    for (String tunnel : tunnels.stream().sorted().toList()) {
      add(
          POSTROUTING,
          ip + " outside to remote pod",
          new NfSteps().device(Meta.Key.OUTPUT_NAME, tunnel).family(family).within(to, pods),
          translation);
    }
  }

  private static NfSteps from(AddressFamily family, List<IpPrefix> prefixes) {
    return new NfSteps().family(family).within(NfSteps.source(family), prefixes);
  }

  private static String ip(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ip" : "ip6";
  }

  /** The fewest of the prefixes that hold all of them. */
  static List<IpPrefix> covering(List<IpPrefix> prefixes, AddressFamily family) {
    List<IpPrefix> kept = new ArrayList<>();
    prefixes.stream()
        .filter(prefix -> prefix.family() == family)
        .map(IpPrefix::network)
        .sorted()
        .forEach(
            prefix -> {
              // Sorted by address, then length: whatever holds this one comes before it.
              if (kept.isEmpty() || !kept.getLast().contains(prefix)) {
                kept.add(prefix);
              }
            });
    return List.copyOf(kept);
  }
}
