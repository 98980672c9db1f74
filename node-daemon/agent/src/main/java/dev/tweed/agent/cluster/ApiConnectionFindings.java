package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What there is to tell of the connections to the API server. */
final class ApiConnectionFindings {

  /** How long a silence is told of after its end: until then nobody but this node saw it. */
  private static final Duration TOLD = Duration.ofMinutes(10);

  /** The part of its life a certificate is near its end, and the longest such time. */
  private static final int EXPIRING_PART = 5;

  private static final Duration EXPIRING = Duration.ofDays(14);

  /**
   * A kind that the API server does not list.
   *
   * @param why empty if it does not answer
   */
  record Refusal(String what, Optional<ApiRefusedException> why) {
    String message() {
      return "the list of "
          + what
          + " cannot be read: "
          + why.map(Throwable::getMessage).orElse("no answer comes");
    }
  }

  private final URI server;
  private final Duration limit;
  private final InstantSource clock;
  private Optional<Long> silentAt = Optional.empty();
  private Optional<String> failure = Optional.empty();
  private Connected connected = Connected.NOT_YET;

  /**
   * @param limit no live watch is silent for so long
   */
  ApiConnectionFindings(URI server, Duration limit, InstantSource clock) {
    this.server = server;
    this.limit = limit;
    this.clock = clock;
  }

  /**
   * Whether what changes is learned.
   *
   * @param silence since something was; a refusal is none, and one of some seconds, as of an API
   *     server that restarts, is no news either
   * @param refused whether the API server refuses what the data path lives on
   * @param complete whether all of that has been read once
   */
  Connected connected(Duration silence, boolean refused, boolean complete) {
    if (silence.compareTo(limit) < 0) {
      connected = complete ? Connected.YES : Connected.NOT_YET;
    } else {
      connected =
          new Connected(
              refused ? Connected.Reason.ClusterNotRead : Connected.Reason.APISilent,
              connected
                  .since()
                  .or(
                      () ->
                          Optional.of(
                              clock.instant().minus(silence).truncatedTo(ChronoUnit.SECONDS))));
    }
    return connected;
  }

  /**
   * Of connections that are or were silent for too long, for some minutes.
   *
   * @param now why the last try failed, if it has; the first such word of a silence is told as long
   *     as that lasts, since each address that is tried fails in other words
   */
  Optional<NodeFinding> silent(Duration silence, Optional<String> now, long nanoTime) {
    if (silence.compareTo(limit) >= 0) {
      failure = silentAt.isPresent() ? failure.or(() -> now) : now;
      silentAt = Optional.of(nanoTime);
    } else if (silentAt.isPresent() && nanoTime - silentAt.get() > TOLD.toNanos()) {
      silentAt = Optional.empty();
    }
    return silentAt.map(
        at ->
            NodeFinding.of(
                AgentReason.APISilent,
                "API server",
                "nothing was learned from the API server for %d s or longer; connections to it are"
                        .formatted(limit.toSeconds())
                    + " made anew until one answers. Meanwhile the node keeps what it has"
                    + failure.map("; a try failed with: "::concat).orElse(""),
                "if it comes again: where the certificate is refused, see whether the daemon has the"
                    + " cluster's authority of today (kubeconfig, or a pod made anew); where tries"
                    + " take too long, something between this node and "
                    + server
                    + " drops connections without a word (firewall, NAT, load balancer), or the"
                    + " API server is down; 'ss -tnoi' on the node shows its connections"));
  }

  /**
   * Of connections by learned addresses.
   *
   * @param detour how long the configured host has not answered while one of them does
   */
  Optional<NodeFinding> byEndpoint(Optional<Duration> detour) {
    // An API server that starts answers before the Service leads to it.
    return detour
        .filter(length -> length.compareTo(limit) >= 0)
        .map(
            length ->
                NodeFinding.of(
                    AgentReason.APIByEndpoint,
                    "API server",
                    server
                        + " does not answer on this node; the daemon goes to an API server itself,"
                        + " by an address it learned before (EndpointSlice default/kubernetes)."
                        + " Pods of this node may not reach the API server, nor other Services",
                    "if that is the Service's address, see whether kube-proxy runs on this node"
                        + " and has rules: kubectl -n kube-system get pods -l k8s-app=kube-proxy"
                        + " -o wide; on the node: nft list ruleset | grep -F "
                        + host()
                        + " and curl -sk "
                        + server
                        + "livez"));
  }

  private String host() {
    return server.getHost().replaceAll("^\\[(.*)]$", "$1");
  }

  /** Of the daemon's own certificate, if its end is near. */
  Optional<NodeFinding> certificate(Optional<X509Certificate> certificate) {
    return certificate.flatMap(
        own -> {
          Instant end = own.getNotAfter().toInstant();
          Duration life = Duration.between(own.getNotBefore().toInstant(), end);
          Duration part = life.dividedBy(EXPIRING_PART);
          Instant from = end.minus(part.compareTo(EXPIRING) < 0 ? part : EXPIRING);
          if (clock.instant().isBefore(from)) {
            return Optional.empty();
          }
          return Optional.of(
              NodeFinding.of(
                  AgentReason.CertificateExpiring,
                  own.getSubjectX500Principal().getName(),
                  "the client certificate of this daemon ends at "
                      + end.truncatedTo(ChronoUnit.SECONDS)
                      + "; from then on the API server refuses it, and the node learns nothing new",
                  "have a new one made and replace the file (docs/systemd.md); it is read without a"
                      + " restart"));
        });
  }

  /** Of a Lease that cannot be renewed. */
  NodeFinding lease(String namespace, ApiRefusedException why) {
    return NodeFinding.of(
        AgentReason.LeaseNotRenewed,
        namespace,
        "the API server refuses the Lease by which the operator knows that this daemon lives: "
            + why.getMessage()
            + ". The operator takes the daemon for silent after a while",
        "see whether namespace, Role and RoleBinding of the chart are there: kubectl -n "
            + namespace
            + " get rolebindings,leases; it is tried again by itself");
  }

  /** Of kinds that cannot be listed. */
  Optional<NodeFinding> refused(List<Refusal> refusals) {
    if (refusals.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        NodeFinding.of(
            AgentReason.ClusterNotRead,
            "API server",
            refusals.stream().map(Refusal::message).collect(Collectors.joining("; "))
                + "; what was known of it stays",
            refusals.stream().anyMatch(r -> r.why().filter(w -> w.isNotFound()).isPresent())
                ? "install the CRDs of this version: kubectl apply --server-side -f helm/crds"
                : "see whether the chart's ClusterRoleBinding tweed-node and, in namespace default, its"
                    + " RoleBinding are there: kubectl get clusterrolebindings,rolebindings -n"
                    + " default -o wide | grep tweed-node; it is tried again by itself"));
  }
}
