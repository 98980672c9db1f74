package dev.tweed.agent.firewall;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A {@link FilterRow} as it is in a file; the family is that of its addresses. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record RowDocument(
    Direction direction,
    Action action,
    Protocol protocol,
    String destination,
    List<String> destinationPorts,
    String source,
    List<String> sourcePorts,
    String interfaceIn,
    String interfaceOut,
    Logging logging,
    Origin.Kind kind,
    String origin,
    String rule,
    String note) {

  static RowDocument of(FilterRow row) {
    return new RowDocument(
        row.direction(),
        row.action(),
        row.protocol(),
        row.destination().toString(),
        RuleDocument.texts(row.destinationPorts()),
        row.source().toString(),
        RuleDocument.texts(row.sourcePorts()),
        row.interfaceIn().orElse(null),
        row.interfaceOut().orElse(null),
        row.logging(),
        row.origin().kind(),
        row.origin().name(),
        row.rule(),
        row.note());
  }

  FilterRow toRow() {
    IpPrefix to = IpPrefix.parse(destination);
    return new FilterRow(
        to.family(),
        Objects.requireNonNull(direction),
        Objects.requireNonNull(action),
        Objects.requireNonNull(protocol),
        to,
        RuleDocument.ranges(destinationPorts),
        IpPrefix.parse(source),
        RuleDocument.ranges(sourcePorts),
        Optional.ofNullable(interfaceIn),
        Optional.ofNullable(interfaceOut),
        Objects.requireNonNull(logging),
        new Origin(Objects.requireNonNull(kind), Objects.requireNonNull(origin)),
        Objects.requireNonNull(rule),
        Objects.requireNonNullElse(note, ""));
  }
}
