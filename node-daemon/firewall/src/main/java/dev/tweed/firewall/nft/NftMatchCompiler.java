package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfSteps;
import java.util.List;

/** Makes the steps of a rule that ask for all of a match. Pure. */
final class NftMatchCompiler {

  private NftMatchCompiler() {}

  static NfSteps compile(NftMatch match, NftView view) {
    NfSteps steps = new NfSteps();
    match.interfaceIn().ifPresent(name -> steps.device(Meta.Key.INPUT_NAME, name));
    match.interfaceOut().ifPresent(name -> steps.device(Meta.Key.OUTPUT_NAME, name));
    match
        .family()
        .ifPresent(
            family ->
                steps
                    .family(family)
                    .within(NfSteps.source(family), match.sources())
                    .within(view.destination(family), match.destinations()));
    return steps
        .protocol(match.protocols().stream().mapToInt(Protocol::number).toArray())
        .icmpTypes(
            match.family().orElse(AddressFamily.IPV4),
            NfSteps.singles(match.icmpTypes().stream().mapToInt(Integer::intValue).toArray()))
        .ports(NfSteps.sourcePort(), intervals(match.sourcePorts()))
        .ports(view.destinationPort(), intervals(match.destinationPorts()));
  }

  private static List<NfInterval> intervals(List<PortRange> ports) {
    return ports.stream().map(port -> NfInterval.ofNumbers(port.first(), port.last(), 2)).toList();
  }
}
