package dev.tweed.agent.firewall;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.Peer.Addresses;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A {@link FirewallRule} as it is in a file. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record RuleDocument(
    String name,
    Direction direction,
    Action action,
    Protocol protocol,
    List<String> ports,
    List<PeerDocument> from,
    List<PeerDocument> to,
    String interfaceIn,
    String interfaceOut,
    Logging logging,
    String comment) {

  /** A {@link Peer}; anywhere has no list of prefixes, nobody an empty one. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PeerDocument(List<String> prefixes, List<String> ports) {

    static PeerDocument of(Peer peer) {
      return new PeerDocument(
          switch (peer.addresses()) {
            case Addresses.Anywhere() -> null;
            case Addresses.Of(var prefixes) -> prefixes.stream().map(IpPrefix::toString).toList();
          },
          texts(peer.ports()));
    }

    Peer toPeer() {
      return new Peer(
          prefixes == null
              ? new Addresses.Anywhere()
              : new Addresses.Of(prefixes.stream().map(IpPrefix::parse).toList()),
          ranges(ports));
    }
  }

  static RuleDocument of(FirewallRule rule) {
    return new RuleDocument(
        rule.name(),
        rule.direction(),
        rule.action(),
        rule.protocol(),
        texts(rule.ports()),
        rule.from().stream().map(PeerDocument::of).toList(),
        rule.to().stream().map(PeerDocument::of).toList(),
        rule.interfaceIn().orElse(null),
        rule.interfaceOut().orElse(null),
        rule.logging(),
        rule.comment());
  }

  FirewallRule toRule() {
    return new FirewallRule(
        Objects.requireNonNull(name),
        Objects.requireNonNull(direction),
        Objects.requireNonNull(action),
        Objects.requireNonNull(protocol),
        ranges(ports),
        peers(from),
        peers(to),
        Optional.ofNullable(interfaceIn),
        Optional.ofNullable(interfaceOut),
        Objects.requireNonNull(logging),
        Objects.requireNonNullElse(comment, ""));
  }

  static List<String> texts(List<PortRange> ports) {
    return ports.stream().map(PortRange::toString).toList();
  }

  static List<PortRange> ranges(List<String> texts) {
    return Objects.requireNonNullElse(texts, List.<String>of()).stream()
        .map(text -> PortRange.tryParse(text).orElseThrow())
        .toList();
  }

  private static List<Peer> peers(List<PeerDocument> documents) {
    return Objects.requireNonNullElse(documents, List.<PeerDocument>of()).stream()
        .map(PeerDocument::toPeer)
        .toList();
  }
}
