package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.policy.Program;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Watches what policies are compiled to: this node's NodePolicy by name, and of PolicyPrograms and
 * PeerSlices those that it needs. Nothing else waits for any of it.
 */
public final class PolicyWatch implements AutoCloseable {

  private final RecordStore<NodePolicyRecord> nodes;
  private final KindWatch watch;
  private final SelectedWatch<Optional<Program>> programs;
  private final SelectedWatch<Optional<PeerSliceSpec>> slices;
  private volatile Runnable onChange = () -> {};

  /**
   * @param onRefusal called when {@link #refusals} have changed
   */
  PolicyWatch(
      ApiClient client,
      String nodeName,
      ListWatch.Pauses pauses,
      Duration renewal,
      Runnable onRefusal) {
    nodes = new RecordStore<>(this::changed, onRefusal);
    watch =
        new KindWatch(
            "nodepolicies",
            WatchedKinds.nodePolicy(nodeName),
            new NodePolicyObjectReader(),
            nodes,
            client,
            pauses,
            renewal);
    programs =
        new SelectedWatch<>(
            (names, store) ->
                new KindWatch(
                    "policyprograms",
                    WatchedKinds.programs(names),
                    new PolicyProgramObjectReader(),
                    store,
                    client,
                    pauses,
                    renewal),
            this::changed,
            onRefusal);
    slices =
        new SelectedWatch<>(
            (sets, store) ->
                new KindWatch(
                    "peerslices",
                    WatchedKinds.slices(sets),
                    new PeerSliceObjectReader(),
                    store,
                    client,
                    pauses,
                    renewal),
            this::changed,
            onRefusal);
  }

  /** Begins; returns at once. */
  void start() {
    watch.start();
    slices.follow(Set.of(PeerSliceName.NAMESPACES));
  }

  /**
   * Has changes told.
   *
   * @param onChange called from threads of the watches; must return quickly
   */
  public void onChange(Runnable onChange) {
    this.onChange = onChange;
  }

  private void changed() {
    onChange.run();
  }

  /** What the API server has not been listing for some time now, by the names of the kinds. */
  Map<String, ApiRefusedException> refusals() {
    Map<String, ApiRefusedException> refusals = new TreeMap<>();
    nodes.refusal().ifPresent(why -> refusals.put("NodePolicies", why));
    slices.refusal().ifPresent(why -> refusals.put("PeerSlices", why));
    programs.refusal().ifPresent(why -> refusals.put("PolicyPrograms", why));
    return refusals;
  }

  /** What is known now. */
  public PolicyView view() {
    ClusterView.Listing listing = nodes.listing(); // first: what comes meanwhile is no less
    Optional<NodePolicyRecord> node = nodes.records().stream().findFirst();
    // Where there are policies what is refused is missing, which closes.
    boolean refused = node.isEmpty() && (programs.isRefused() || slices.isRefused());
    return PolicyView.of(
        refused ? ClusterView.Listing.REFUSED : listing,
        node,
        programs.records(),
        slices.records());
  }

  /**
   * Follows these programs and sets besides the set of namespaces.
   *
   * @return whether all of them that exist are in the view, or in the next, or are refused
   */
  public boolean follow(Set<String> programNames, Set<String> sets) {
    Set<String> all = new HashSet<>(sets);
    all.add(PeerSliceName.NAMESPACES);
    boolean listed = programs.follow(programNames);
    return slices.follow(all) && listed;
  }

  @Override
  public void close() {
    watch.close();
    programs.close();
    slices.close();
  }
}
