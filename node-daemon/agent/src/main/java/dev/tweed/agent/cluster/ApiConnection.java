package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ObjectReader;
import dev.tweed.agent.api.RetryPauses;
import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.finding.NodeFinding;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's connections to the API server: a watch on each kind, and one for writing. Loss of
 * the API server is retried for ever and loses nothing that was known.
 */
public final class ApiConnection implements ClusterWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

  /**
   * The Node and the API server's addresses are asked for anew that much more seldom, since every
   * watch costs the API server something: that its connection is dead is mostly seen by the others.
   */
  private static final int SELDOM = 10;

  /** An address that comes and goes shall not cost a connection each time. */
  private static final Duration FOLLOW_PAUSE = Duration.ofSeconds(5);

  private final ApiClient client;
  private final ApiConnectionFindings findings;
  private final String nodeName;
  private final Duration renewal;
  private final RetryPauses pauses;
  private final ApiChannel status;
  private final RecordStore<NetworkRecord> networks =
      new RecordStore<>(this::networksChanged, this::look);
  private final RecordStore<SubnetRecord> subnets =
      new RecordStore<>(this::changed, this::look, this::arrived);
  private final RecordStore<PolicyRecord> policies = store();
  private final RecordStore<NodeRecord> nodes = store();
  private final EndpointLearner endpoints;
  private final List<KindWatch> watches = new ArrayList<>();
  private final InstantSource clock;
  private volatile Optional<LeaseRenewal> lease = Optional.empty();
  private volatile Optional<Thread> leaseThread = Optional.empty();
  private volatile Optional<NodeFinding> leaseRefused = Optional.empty();
  private final List<KindWatch> dataPath;
  private final PolicyWatch compiled;
  private volatile Runnable onChange = () -> {};
  private volatile Consumer<ApiContact> onContact = contact -> {};
  private volatile Consumer<SubnetRecord> onArrival = record -> onChange.run();
  private volatile boolean complete;
  private volatile long completeAt;
  private final StaleConnections stale = new StaleConnections();
  private long followNext = System.nanoTime();
  private ApiContact told = ApiContact.NOT_YET; // guarded by this

  /**
   * @param client is closed with this
   * @param nodeName name of this node
   * @param clock to judge certificates by
   * @param renewal {@link ListWatch#RENEWAL}, or less in tests
   */
  public ApiConnection(ApiClient client, String nodeName, InstantSource clock, Duration renewal) {
    this.client = client;
    this.nodeName = nodeName;
    this.renewal = renewal;
    this.clock = clock;
    this.findings = new ApiConnectionFindings(client.server(), renewal.multipliedBy(2), clock);
    this.pauses = new RetryPauses(client::reconnect, System::nanoTime);
    this.status = client.channel();
    this.endpoints = new EndpointLearner(networks, client.addresses(), this::look);
    this.dataPath =
        List.of(
            watch("podnetworks", WatchedKinds.NETWORKS, new NetworkReader(), networks, renewal),
            watch(
                "nodesubnets", WatchedKinds.SUBNETS, new SubnetReader(nodeName), subnets, renewal));
    watch("firewallpolicies", WatchedKinds.POLICIES, new PolicyReader(), policies, renewal);
    Duration seldom = renewal.multipliedBy(SELDOM);
    watch("node", WatchedKinds.node(nodeName), new NodeReader(), nodes, seldom);
    watch("endpoints", WatchedKinds.ENDPOINTS, new EndpointReader(), endpoints.store(), seldom);
    compiled = new PolicyWatch(client, nodeName, pauses, renewal, this::look);
  }

  private <R> RecordStore<R> store() {
    return new RecordStore<>(this::changed, this::look);
  }

  private <R> KindWatch watch(
      String name,
      ListWatch.Source source,
      ObjectReader<R> reader,
      RecordStore<R> store,
      Duration asked) {
    KindWatch watch = new KindWatch(name, source, reader, store, client, pauses, asked);
    watches.add(watch);
    return watch;
  }

  /**
   * Has a Lease named after this node renewed, so that the operator hears of this daemon. Before
   * {@link #start}.
   *
   * @param renewed called after each renewal, when the API server answers; must return quickly
   */
  public void renewLease(String namespace, Runnable renewed) {
    LeaseRenewal made =
        new LeaseRenewal(
            client.channel(),
            namespace,
            nodeName,
            () -> nodes.records().stream().map(NodeRecord::uid).filter(u -> !u.isEmpty()).findAny(),
            new LeaseRenewal.Listener() {
              @Override
              public void renewed() {
                leaseRefused = Optional.empty();
                renewed.run();
              }

              @Override
              public void refused(ApiRefusedException why) {
                leaseRefused = Optional.of(findings.lease(namespace, why));
              }
            },
            pauses,
            clock,
            () -> ThreadLocalRandom.current().nextDouble());
    lease = Optional.of(made);
    leaseThread = Optional.of(Thread.ofPlatform().name("lease").daemon().unstarted(made));
  }

  @Override
  public void start(Runnable onChange, Consumer<ApiContact> onContact) {
    this.onChange = onChange;
    this.onContact = onContact;
    watches.forEach(KindWatch::start);
    leaseThread.ifPresent(Thread::start);
    compiled.start();
    client.every(renewal.dividedBy(3), this::look);
    client.every(renewal, client::tryConfigured);
    client.every(renewal.multipliedBy(SELDOM), endpoints::keepSoon);
  }

  @Override
  public void onArrival(Consumer<SubnetRecord> onArrival) {
    this.onArrival = onArrival;
  }

  /**
   * Has addresses of the API server's own told that were learned, for the next process to try.
   *
   * @param onEndpoints called when they change, and now and then, since what they are kept by may
   *     have changed; in a thread of its own. Set before the start
   */
  public void onEndpoints(Consumer<List<ServerEndpoint>> onEndpoints) {
    endpoints.onEndpoints(onEndpoints);
  }

  @Override
  public ClusterView view() {
    boolean all = complete; // read first: what comes meanwhile is no less
    Map<Boolean, List<NetworkRecord>> readable =
        networks.records().stream()
            .collect(Collectors.partitioningBy(n -> n.unreadable().isEmpty()));
    return new ClusterView(
        all,
        readable.get(true),
        subnets.records(),
        policies.records(),
        nodes.records().stream().filter(n -> n.name().equals(nodeName)).findFirst(),
        new ClusterView.Gaps(readable.get(false), policies.listing(), nodes.listing()));
  }

  /** Writes by a connection of its own. */
  public StatusApi statusApi() {
    return new ServerSideStatusApi(status, nodeName);
  }

  /** What network policies are compiled to. */
  public PolicyWatch compiledPolicies() {
    return compiled;
  }

  /** Writes the status of this node's NodePolicy by a connection of its own. */
  public NodePolicyStatusApi nodePolicyStatusApi() {
    return new NodePolicyStatusApi(client.channel(), nodeName);
  }

  /** Writes Events about FirewallPolicies, by a connection for each. */
  public PolicyEventApi policyEventApi() {
    return new PolicyEventApi(client, nodeName);
  }

  /** The API server. */
  public URI server() {
    return client.server();
  }

  /** Where API servers themselves answer, as far as that was learned. */
  public List<ServerEndpoint> endpoints() {
    return endpoints.learned();
  }

  /** How long nothing was learned by one of the watches that the data path lives on. */
  public Duration silence() {
    long now = System.nanoTime();
    return dataPath.stream()
        .map(watch -> Duration.ofNanos(Math.max(0, now - watch.heardAt())))
        .max(Duration::compareTo)
        .orElseThrow();
  }

  private Optional<String> failure() {
    return dataPath.stream().flatMap(watch -> watch.failure().stream()).findFirst();
  }

  /**
   * Makes connections anew that may be lost since an address of this node or the way to the API
   * server has changed; at most every few seconds. What is missed for that is found the next time,
   * or by the connection itself. One thread asks.
   *
   * @param host is asked; what it throws is logged
   */
  public void follow(HostWays host) {
    long now = System.nanoTime();
    if (now - followNext < 0) {
      return;
    }
    try {
      Set<ApiChannel.Ends> lost = stale.among(client.ends(), host);
      if (!lost.isEmpty()) {
        LOG.info("addresses or routes have changed: connections made anew: {}", lost);
        followNext = now + FOLLOW_PAUSE.toNanos();
        client.reconnect(lost);
        pauses.end();
      }
    } catch (RuntimeException e) {
      LOG.warn("whether connections are lost is left to themselves: {}", e.toString());
    }
  }

  @Override
  public void close() {
    watches.forEach(KindWatch::close);
    compiled.close();
    lease.ifPresent(LeaseRenewal::stop);
    pauses.close();
    client.close();
    try {
      for (KindWatch watch : watches) {
        watch.awaitEnd();
      }
      if (leaseThread.isPresent()) {
        leaseThread.get().join(KindWatch.END);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void networksChanged() {
    endpoints.learn();
    changed();
  }

  /** Before there is something for the data path nobody can use what changed. */
  private void changed() {
    if (!complete
        && networks.listing() == ClusterView.Listing.RECEIVED
        && subnets.listing() == ClusterView.Listing.RECEIVED) {
      completeAt = System.nanoTime();
      complete = true;
      LOG.info(
          "first lists complete: {} PodNetworks, {} NodeSubnets",
          networks.records().size(),
          subnets.records().size());
      look();
    }
    passOn(onChange);
  }

  private void arrived(SubnetRecord record) {
    // All that this node does follows from its own, so that is no news of a peer.
    passOn(record.node().equals(nodeName) ? onChange : () -> onArrival.accept(record));
  }

  private void passOn(Runnable news) {
    if (complete) {
      try {
        news.run();
      } catch (RuntimeException e) {
        LOG.error("a change of the cluster was not passed on; the next one is", e);
      }
    }
  }

  /** Tells how it stands now, where that is news. */
  private synchronized void look() {
    try {
      if (complete && System.nanoTime() - completeAt >= renewal.dividedBy(3).toNanos()) {
        // They come with the others, or hang.
        policies.waitNoLonger();
        nodes.waitNoLonger();
      }
      ApiContact now = contact(silence(), System.nanoTime());
      if (!now.equals(told)) {
        onContact.accept(now);
        told = now;
      }
    } catch (RuntimeException e) {
      LOG.error("how it stands with the connections was not told; tried again", e);
    }
  }

  private ApiContact contact(Duration silence, long now) {
    List<ApiConnectionFindings.Refusal> refusals =
        Stream.concat(
                Stream.of(
                        refusal("PodNetworks", networks),
                        refusal("NodeSubnets", subnets),
                        refusal("FirewallPolicies", policies),
                        refusal("this node's Node object", nodes),
                        refusal("the API server's addresses", endpoints.store()))
                    .flatMap(Optional::stream),
                compiled.refusals().entrySet().stream()
                    .map(
                        r ->
                            new ApiConnectionFindings.Refusal(
                                r.getKey(), Optional.of(r.getValue()))))
            .toList();
    boolean refused = networks.refusal().isPresent() || subnets.refusal().isPresent();
    return new ApiContact(
        findings.connected(silence, refused, complete),
        Stream.of(
                refused ? Optional.<NodeFinding>empty() : findings.silent(silence, failure(), now),
                findings.byEndpoint(client.addresses().detour()),
                findings.certificate(client.certificate()),
                leaseRefused,
                findings.refused(refusals))
            .flatMap(Optional::stream)
            .toList());
  }

  private static Optional<ApiConnectionFindings.Refusal> refusal(
      String what, RecordStore<?> store) {
    return store.listing() == ClusterView.Listing.REFUSED || store.refusal().isPresent()
        ? Optional.of(new ApiConnectionFindings.Refusal(what, store.refusal()))
        : Optional.empty();
  }
}
