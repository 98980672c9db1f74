package dev.tweed.enforce.table;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.Behind;
import dev.tweed.netlink.nft.NfExpression.Counter;
import dev.tweed.netlink.nft.NfExpression.Equal;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Payload;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compiles the table that lets a pod send from its own addresses only, by the bridge's port it
 * sends through: IP, ARP and what finds neighbours, and nothing else, so no frames of a VLAN
 * either, which filters do not look into. Pure.
 */
public final class SpoofTableCompiler {

  /** The chain that counts and drops. */
  public static final String DROP = "drop-spoofed";

  /** NF_BR_PRI_FILTER_BRIDGED. */
  private static final int PRIORITY = -200;

  private static final int ETH_P_IP = 0x0800;
  private static final int ETH_P_ARP = 0x0806;
  private static final int ETH_P_IPV6 = 0x86dd;
  private static final String PORTS = "ports";
  private static final String CHAIN = "prerouting";

  private SpoofTableCompiler() {}

  /**
   * The table.
   *
   * @param ports addresses that may send through each, by the index of its device
   */
  public static PolicyTable compile(Map<Integer, Set<IpAddress>> ports) {
    Map<String, NfSet> sets = new HashMap<>();
    Map<String, Set<NfValue>> values = new HashMap<>();
    sets.put(PORTS, NfSet.of(PolicyTable.SPOOF, PORTS, NfSet.Key.DEVICE_INDEX));
    Set<NfValue> devices = new HashSet<>();
    ports.keySet().forEach(device -> devices.add(NfValue.ofHostNumber(device)));
    values.put(PORTS, devices);
    for (AddressFamily family : AddressFamily.values()) {
      String name = PolicyTableCompiler.named("own", family);
      sets.put(
          name,
          NfSet.of(
              PolicyTable.SPOOF, name, NfSet.Key.DEVICE_INDEX.with(NfSet.Key.ofAddresses(family))));
      values.put(name, pairs(ports, family));
    }
    return new PolicyTable(
        PolicyTable.SPOOF,
        Map.of(
            CHAIN,
            new NfChain(
                PolicyTable.SPOOF,
                CHAIN,
                Optional.of(
                    new NfHook(NfHook.Type.FILTER, NfHook.Point.PREROUTING, PRIORITY, true))),
            DROP,
            new NfChain(PolicyTable.SPOOF, DROP, Optional.empty())),
        sets,
        values,
        Map.of(),
        Map.of(),
        Map.of(
            CHAIN,
            rules(),
            DROP,
            List.of(
                new NfSteps()
                    .rule(PolicyTable.SPOOF, DROP, "spoofed", Counter.ZERO, Verdict.drop()))));
  }

  private static Set<NfValue> pairs(Map<Integer, Set<IpAddress>> ports, AddressFamily family) {
    Set<NfValue> pairs = new HashSet<>();
    ports.forEach(
        (device, addresses) ->
            addresses.stream()
                .filter(a -> a.family() == family)
                .forEach(
                    a -> {
                      byte[] pair = new byte[4 + family.bytes()];
                      System.arraycopy(NfValue.ofHostNumber(device).toBytes(), 0, pair, 0, 4);
                      System.arraycopy(a.toBytes(), 0, pair, 4, family.bytes());
                      pairs.add(NfValue.of(pair));
                    }));
    return pairs;
  }

  private static List<NfRule> rules() {
    NfExpression source = NfSteps.source(AddressFamily.IPV4);
    NfExpression source6 = NfSteps.source(AddressFamily.IPV6);
    NfExpression sender = new Payload(Payload.Base.NETWORK, 14, 4); // of ARP
    IpPrefix none = IpPrefix.host(IpAddress.parse("0.0.0.0"));
    IpPrefix none6 = IpPrefix.host(IpAddress.parse("::"));
    return List.of(
        accept(
            new NfSteps().then(new Meta(Meta.Key.INPUT_INDEX), new Lookup(PORTS, true)), "no pod"),
        accept(own(ETH_P_IP, source, AddressFamily.IPV4), ""),
        accept(own(ETH_P_IPV6, source6, AddressFamily.IPV6), ""),
        accept(own(ETH_P_ARP, sender, AddressFamily.IPV4), ""),
        accept(
            frame(ETH_P_IPV6).within(source6, List.of(IpPrefix.parse("fe80::/10"))), "link-local"),
        accept(frame(ETH_P_IPV6).within(source6, List.of(none6)), "has no address yet"),
        accept(frame(ETH_P_ARP).within(sender, List.of(none)), "has no address yet"),
        new NfSteps().rule(PolicyTable.SPOOF, CHAIN, "", Verdict.goTo(DROP)));
  }

  private static NfRule accept(NfSteps steps, String comment) {
    return steps.rule(PolicyTable.SPOOF, CHAIN, comment, Verdict.accept());
  }

  /** By the link's header, which has a VLAN's type where there is one. */
  private static NfSteps frame(int type) {
    return new NfSteps()
        .then(new Payload(Payload.Base.LINK, 12, 2), new Equal(NfValue.ofNumber(type, 2)));
  }

  private static NfSteps own(int type, NfExpression address, AddressFamily family) {
    return frame(type)
        .then(
            new Meta(Meta.Key.INPUT_INDEX),
            new Behind(1, address),
            new Lookup(PolicyTableCompiler.named("own", family), false));
  }
}
