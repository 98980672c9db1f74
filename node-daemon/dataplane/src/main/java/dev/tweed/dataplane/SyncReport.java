package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one sync found and did.
 *
 * @param verified whether own devices, addresses, sysctls and rules were found in the kernel as
 *     planned afterwards, and every valid peer was attempted; peers that failed do not count
 *     against it, they are findings
 * @param device device that carries pod traffic to other nodes; empty when there is none
 * @param podMtu MTU pods shall get, bytes; 0 while the underlay is unknown
 * @param underlay the link and address used between nodes
 * @param outsideDevices links by which packets leave that are for no node and no pod, those of the
 *     default routes
 * @param peersExpected peers in the snapshot, invalid ones included
 * @param peersProgrammed peers found in the kernel as planned, and whose packets take that way as
 *     far as the kernel was asked
 * @param applied what was changed, in order
 * @param findings what is wrong or notable
 * @param sysctls the sysctls kept, by slashed name ({@code net/ipv4/ip_forward}), with the value
 *     read back
 * @param probes addresses of this node that can be probed, and probed from: none while probes are
 *     disabled or something is in the way
 * @param again when another sync should come even if nothing happens; empty if it need not
 */
public record SyncReport(
    boolean verified,
    String device,
    int podMtu,
    Optional<Underlay> underlay,
    List<String> outsideDevices,
    int peersExpected,
    int peersProgrammed,
    List<Change> applied,
    List<Finding> findings,
    Map<String, String> sysctls,
    List<IpAddress> probes,
    Optional<Duration> again) {

  /** Object of the finding that the kernel could not be asked, or did not answer. */
  static final String NETLINK = "netlink";

  /** Copies the collections. */
  public SyncReport {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(underlay, "underlay");
    outsideDevices = List.copyOf(outsideDevices);
    applied = List.copyOf(applied);
    findings = List.copyOf(findings);
    sysctls = Map.copyOf(sysctls);
    probes = List.copyOf(probes);
    Objects.requireNonNull(again, "again");
  }

  /** One of a node that knows no way to the outside. */
  public SyncReport(
      boolean verified,
      String device,
      int podMtu,
      Optional<Underlay> underlay,
      int peersExpected,
      int peersProgrammed,
      List<Change> applied,
      List<Finding> findings,
      Map<String, String> sysctls,
      List<IpAddress> probes,
      Optional<Duration> again) {
    this(
        verified,
        device,
        podMtu,
        underlay,
        List.of(),
        peersExpected,
        peersProgrammed,
        applied,
        findings,
        sysctls,
        probes,
        again);
  }

  /** With one more finding. */
  public SyncReport with(Finding finding) {
    return new SyncReport(
        verified,
        device,
        podMtu,
        underlay,
        outsideDevices,
        peersExpected,
        peersProgrammed,
        applied,
        Stream.concat(findings.stream(), Stream.of(finding)).toList(),
        sysctls,
        probes,
        again);
  }

  /**
   * Whether the exchange with the kernel broke off. Another connection to it may help: of one that
   * did not answer in time the next dump may be refused for as long as it lives.
   */
  public boolean isBrokenOff() {
    return findings.stream().anyMatch(f -> f.object().equals(NETLINK));
  }
}
