package dev.tweed.operator.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NetworkPolicyReportStatus;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.TweedResource;
import dev.tweed.operator.networkpolicy.NodeEnforcement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the operator keeps of objects that policies are compiled to: enough to tell whether one has
 * to be written, and what refers to what.
 */
final class CompiledFacts {
  private CompiledFacts() {}

  /**
   * Of a PolicyProgram.
   *
   * @param digest of all that the operator writes of it
   * @param sets that it needs
   */
  record ProgramFacts(String digest, Set<String> sets) {}

  /**
   * Of a NodePolicy.
   *
   * @param digest of all that the operator writes of it
   * @param programs that it needs
   * @param enforcement what the node says
   */
  record NodePolicyFacts(
      String digest, Set<String> programs, Optional<NodeEnforcement> enforcement) {}

  /**
   * Of a NetworkPolicyReport.
   *
   * @param owner UID of the policy
   * @param status what it says
   */
  record ReportFacts(String owner, Optional<NetworkPolicyReportStatus> status) {}

  static ProgramFacts of(PolicyProgram object) {
    PolicyProgramSpec spec = object.getSpec();
    return new ProgramFacts(
        isRead(object) ? digest(spec, label(object, TweedApi.PROGRAM_LABEL)) : "",
        spec == null
            ? Set.of()
            : Stream.concat(spec.ingress().stream(), spec.egress().stream())
                .filter(r -> r.peers() != null)
                .flatMap(r -> r.peers().peerSets().stream())
                .map(String::intern)
                .collect(Collectors.toUnmodifiableSet()));
  }

  /** As it is to be. */
  static String digest(PolicyProgramSpec spec, String name) {
    return digestOf(name + " " + spec);
  }

  /** Empty where it has to be written anew. */
  static Optional<PeerSliceSpec> of(PeerSlice object) {
    boolean ours =
        isRead(object)
            && PeerSliceName.tryParse(object.getMetadata().getName())
                .filter(n -> n.set().equals(label(object, TweedApi.PEERS_LABEL)))
                .isPresent();
    return ours
        ? Optional.of(
            new PeerSliceSpec(
                object.getSpec().slices(),
                object.getSpec().addresses().stream().map(String::intern).toList(),
                object.getSpec().namespaces(),
                object.getSpec().all()))
        : Optional.empty();
  }

  static NodePolicyFacts of(NodePolicy object) {
    NodePolicySpec spec = object.getSpec();
    return new NodePolicyFacts(
        isRead(object) ? digest(spec, owner(object)) : "",
        spec == null
            ? Set.of()
            : spec.classes().stream()
                .flatMap(c -> c.programs().stream())
                .map(String::intern)
                .collect(Collectors.toUnmodifiableSet()),
        Optional.ofNullable(object.getStatus()).map(CompiledFacts::enforcement));
  }

  /**
   * As it is to be.
   *
   * @param owner UID of the Node
   */
  static String digest(NodePolicySpec spec, String owner) {
    return digestOf(owner + " " + spec);
  }

  private static NodeEnforcement enforcement(NodePolicyStatus status) {
    Map<String, NodeEnforcement.Program> programs = new HashMap<>();
    for (NodePolicyStatus.ProgramState p : status.programs()) {
      if (p.name() != null && p.generation() != null) {
        programs.put(
            p.name().intern(),
            new NodeEnforcement.Program(p.generation(), p.dropped() == null ? 0 : p.dropped()));
      }
    }
    List<Condition> wrong =
        status.conditions().stream()
            .filter(c -> "Enforced".equals(c.type()) && !"True".equals(c.status()))
            .toList();
    return new NodeEnforcement(
        programs,
        wrong.stream()
            .map(c -> new NodeEnforcement.Fault(c.reason(), c.message() == null ? "" : c.message()))
            .findFirst(),
        status.missing());
  }

  static ReportFacts of(NetworkPolicyReport object) {
    return new ReportFacts(owner(object), Optional.ofNullable(object.getStatus()));
  }

  private static boolean isRead(TweedResource<?, ?> object) {
    return object.getSpec() != null && object.getUnknownValues().isEmpty();
  }

  private static String label(HasMetadata object, String key) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(key, "");
  }

  private static String owner(HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .map(OwnerReference::getUid)
        .findFirst()
        .orElse("");
  }

  // Texts of records have all that is in them.
  private static String digestOf(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)),
              0,
              16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
