package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.Inspection;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NetlinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What of ours is in the kernel, for people. */
public record InspectionReader(
    KernelReader kernel, NftReader nft, TunnelFilterReader filter, Marks marks) {

  /** Looks now. What cannot be read is among the problems. */
  public Inspection read() {
    List<String> problems = new ArrayList<>();
    NftListing rules = nft.read();
    if (rules instanceof NftListing.Unreadable unreadable) {
      problems.add("table inet tweed: " + unreadable.message());
    }
    TunnelFilterListing listing = filter.read();
    Optional<Inspection.TunnelFilter> tunnelFilter =
        listing instanceof TunnelFilterListing.Present present
            ? Optional.of(new Inspection.TunnelFilter(present.peers().size(), present.dropped()))
            : Optional.empty();
    boolean hasRules = rules instanceof NftListing.Present;
    try {
      ActualState actual = kernel.actual(Map.of(), rules, listing);
      return new Inspection(
          actual.links().stream().filter(marks::owns).map(link -> device(link, actual)).toList(),
          actual.routes().size() + actual.probe().routes().size(),
          actual.fdb().values().stream().mapToInt(List::size).sum(),
          (int)
              Stream.concat(
                      actual.neighbours().values().stream().flatMap(List::stream),
                      actual.probe().neighbours().stream())
                  .map(Neighbour::state)
                  .filter(state -> state.isPermanent())
                  .count(),
          (int) actual.probe().rules().stream().filter(marks::owns).count(),
          hasRules,
          tunnelFilter,
          problems);
    } catch (NetlinkException e) {
      problems.add("netlink: " + e.getMessage());
      return new Inspection(List.of(), 0, 0, 0, 0, hasRules, tunnelFilter, problems);
    }
  }

  private Inspection.Device device(Link link, ActualState actual) {
    List<IpPrefix> addresses =
        actual.addressesOf(link).stream()
            .map(Address::prefix)
            .filter(prefix -> !prefix.address().isLinkLocal())
            .toList();
    return new Inspection.Device(
        link.name(),
        marks.podNetwork(link),
        link.kind().orElse(""),
        link.mtu(),
        link.isUp(),
        addresses);
  }
}
