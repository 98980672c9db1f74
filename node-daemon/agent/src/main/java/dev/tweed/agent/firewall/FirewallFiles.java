package dev.tweed.agent.firewall;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.host.AtomicFile;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallPlan.LastGood;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.nft.TunnelPeers;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is remembered of the firewall between two processes, in {@code last-good.json}: for the next
 * daemon, and for {@code tweed-node firewall}. Gone after a reboot.
 */
public final class FirewallFiles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PERMISSIONS = "rw-------";

  private final Path file;

  /**
   * @param runDir the run directory
   */
  public FirewallFiles(Path runDir) {
    this.file = runDir.resolve("firewall").resolve("last-good.json");
  }

  /**
   * Rules that were in force, and the firewalls that may hold some.
   *
   * @param places kinds that rows were put into
   * @param tunnel who may send to the tunnel; empty is everybody
   */
  public record Remembered(
      LastGood good, Set<BackendKind> places, Optional<TunnelPeers> tunnel) {

    static final Remembered NOTHING =
        new Remembered(LastGood.NOTHING, Set.of(), Optional.empty());

    public Remembered {
      places = Set.copyOf(places);
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record RememberedDocument(
      Set<BackendKind> places,
      Integer tunnelPort,
      List<String> tunnelPeers,
      GroupDocument builtIn,
      Map<String, GroupDocument> policies) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record GroupDocument(
      String name, long generation, boolean allowLockout, int priority, List<RuleDocument> rules) {

    static GroupDocument of(RuleGroup group, long generation, boolean allowLockout) {
      return new GroupDocument(
          group.origin().name(),
          generation,
          allowLockout,
          group.priority(),
          group.rules().stream().map(RuleDocument::of).toList());
    }

    RuleGroup toGroup(Origin.Kind kind) {
      return new RuleGroup(
          new Origin(kind, name),
          priority,
          Objects.requireNonNullElse(rules, List.<RuleDocument>of()).stream()
              .map(RuleDocument::toRule)
              .toList());
    }
  }

  /** Keeps what is remembered; a finding if it cannot be written. */
  Optional<NodeFinding> write(Remembered remembered) {
    Map<String, GroupDocument> policies = new TreeMap<>();
    remembered
        .good()
        .policies()
        .forEach(
            (name, good) ->
                policies.put(
                    name, GroupDocument.of(good.group(), good.generation(), good.allowLockout())));
    RememberedDocument document =
        new RememberedDocument(
            remembered.places(),
            remembered.tunnel().map(TunnelPeers::port).orElse(null),
            remembered
                .tunnel()
                .map(tunnel -> tunnel.peers().stream().map(IpAddress::toString).toList())
                .orElse(null),
            remembered.good().builtIn().map(g -> GroupDocument.of(g, 0, false)).orElse(null),
            policies);
    try {
      Files.createDirectories(file.getParent());
      AtomicFile.keep(file, JSON.writeValueAsBytes(document), PERMISSIONS);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.notable("what is known of the firewall's rules", file, e));
    }
  }

  /** What was in force; nothing if there is no such file, or it cannot be read. */
  public Remembered remembered() {
    try {
      if (!Files.exists(file)) {
        return Remembered.NOTHING;
      }
      RememberedDocument read = JSON.readValue(Files.readAllBytes(file), RememberedDocument.class);
      Map<String, GoodPolicy> policies = new TreeMap<>();
      Objects.requireNonNullElse(read.policies(), Map.<String, GroupDocument>of())
          .forEach(
              (name, group) ->
                  policies.put(
                      name,
                      new GoodPolicy(
                          group.generation(),
                          group.allowLockout(),
                          group.toGroup(Origin.Kind.POLICY))));
      return new Remembered(
          new LastGood(
              Optional.ofNullable(read.builtIn()).map(g -> g.toGroup(Origin.Kind.NETWORK)),
              policies),
          Objects.requireNonNullElse(read.places(), EnumSet.noneOf(BackendKind.class)),
          Optional.ofNullable(read.tunnelPort()).map(port -> tunnel(port, read.tunnelPeers())));
    } catch (IOException | RuntimeException e) {
      // As after a reboot: what is refused then has nothing to fall back to.
      return Remembered.NOTHING;
    }
  }

  private static TunnelPeers tunnel(int port, List<String> peers) {
    return new TunnelPeers(
        port,
        Objects.requireNonNullElse(peers, List.<String>of()).stream()
            .map(IpAddress::parse)
            .toList());
  }
}
