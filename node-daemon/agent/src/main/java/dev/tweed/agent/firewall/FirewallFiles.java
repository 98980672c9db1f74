package dev.tweed.agent.firewall;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.agent.file.AtomicFile;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallPlan.LastGood;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.TunnelPeers;
import dev.tweed.firewall.rules.FilterRow;
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
 * What is remembered of the firewall between two processes: {@code intended.json} and {@code
 * guard.json} for people and {@code tweed-node firewall status}, {@code last-good.json} for the
 * next daemon. All are gone after a reboot.
 */
public final class FirewallFiles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PERMISSIONS = "rw-r--r--";

  private final Path directory;

  /**
   * @param runDir the run directory
   */
  public FirewallFiles(Path runDir) {
    this.directory = runDir.resolve("firewall");
  }

  /**
   * Rules that were in force, and the firewalls that may hold some.
   *
   * @param places kinds that rows were put into
   */
  record Remembered(LastGood good, Set<BackendKind> places) {

    static final Remembered NOTHING = new Remembered(LastGood.NOTHING, Set.of());

    Remembered {
      places = Set.copyOf(places);
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record IntendedDocument(
      BackendKind backend,
      BackendKind standby,
      List<RowDocument> rows,
      List<RowDocument> standbyRows) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record GuardDocument(List<RowDocument> rows, Integer port, List<String> peers) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record RememberedDocument(
      Set<BackendKind> places, GroupDocument builtIn, Map<String, GroupDocument> policies) {}

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

  /** Keeps what is intended; a finding if it cannot be written. So do the others. */
  Optional<NodeFinding> write(Intended intended) {
    return write(
        "intended.json",
        new IntendedDocument(
            intended.backend().orElse(null),
            intended.standby().orElse(null),
            intended.rows().stream().map(RowDocument::of).toList(),
            intended.standbyRows().stream().map(RowDocument::of).toList()));
  }

  /** Keeps what is intended beside the firewall. */
  Optional<NodeFinding> write(GuardRules guard) {
    return write(
        "guard.json",
        new GuardDocument(
            guard.nodePortRows().stream().map(RowDocument::of).toList(),
            guard.tunnel().map(TunnelPeers::port).orElse(null),
            guard
                .tunnel()
                .map(tunnel -> tunnel.peers().stream().map(IpAddress::toString).toList())
                .orElse(null)));
  }

  /** What a daemon intended beside the firewall since boot; nothing if it cannot be read. */
  public GuardRules guard() {
    try {
      Path file = directory.resolve("guard.json");
      if (!Files.exists(file)) {
        return GuardRules.none();
      }
      GuardDocument read = JSON.readValue(Files.readAllBytes(file), GuardDocument.class);
      List<IpAddress> peers =
          Objects.requireNonNullElse(read.peers(), List.<String>of()).stream()
              .map(IpAddress::parse)
              .toList();
      return new GuardRules(
          rows(read.rows()),
          Optional.ofNullable(read.port()).map(port -> new TunnelPeers(port, peers)));
    } catch (IOException | RuntimeException e) {
      return GuardRules.none();
    }
  }

  /** What a daemon intended since boot; empty if none has, or it cannot be read. */
  public Optional<Intended> intended() {
    try {
      Path file = directory.resolve("intended.json");
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      IntendedDocument read = JSON.readValue(Files.readAllBytes(file), IntendedDocument.class);
      return Optional.of(
          new Intended(
              Optional.ofNullable(read.backend()),
              Optional.ofNullable(read.standby()),
              rows(read.rows()),
              rows(read.standbyRows())));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static List<FilterRow> rows(List<RowDocument> documents) {
    return Objects.requireNonNullElse(documents, List.<RowDocument>of()).stream()
        .map(RowDocument::toRow)
        .toList();
  }

  /** Keeps what is remembered. */
  Optional<NodeFinding> write(Remembered remembered) {
    Map<String, GroupDocument> policies = new TreeMap<>();
    remembered
        .good()
        .policies()
        .forEach(
            (name, good) ->
                policies.put(
                    name, GroupDocument.of(good.group(), good.generation(), good.allowLockout())));
    return write(
        "last-good.json",
        new RememberedDocument(
            remembered.places(),
            remembered.good().builtIn().map(g -> GroupDocument.of(g, 0, false)).orElse(null),
            policies));
  }

  /** What was in force; nothing if there is no such file, or it cannot be read. */
  Remembered remembered() {
    try {
      Path file = directory.resolve("last-good.json");
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
          Objects.requireNonNullElse(read.places(), EnumSet.noneOf(BackendKind.class)));
    } catch (IOException | RuntimeException e) {
      // As after a reboot: what is refused then has nothing to fall back to.
      return Remembered.NOTHING;
    }
  }

  /** Good rules, for a plan made for people. */
  public LastGood lastGood() {
    return remembered().good();
  }

  private Optional<NodeFinding> write(String name, Object document) {
    Path file = directory.resolve(name);
    try {
      Files.createDirectories(directory);
      AtomicFile.keep(file, JSON.writeValueAsBytes(document), PERMISSIONS);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.notable("what is known of the firewall's rules", file, e));
    }
  }
}
