package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.allocation.AllocationPlan.Amendment;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.cluster.BoundedCalls.Written;
import dev.tweed.operator.ledger.ClaimWriter;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.Client;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Creates, changes and deletes NodeSubnets. */
public final class SubnetWriter implements ClaimWriter {
  /** Field manager of everything the operator writes; creations have it from the user agent. */
  public static final String FIELD_MANAGER = "tweed-operator";

  // 20,000 NodeSubnets in one piece are 30 MB of JSON.
  private static final long PAGE = 500L;
  private static final int LISTS = 3;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  // Allocator.QUIET counts on it: a creation is sent once, within a third of that time, the client
  // waits for it as long as this, and the API server works on it as long as this.
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final String CREATION =
      "/apis/%s/%s?timeout=%ds"
          .formatted(
              HasMetadata.getApiVersion(NodeSubnet.class),
              HasMetadata.getPlural(NodeSubnet.class),
              PATIENCE.toSeconds());

  private final KubernetesClient client;
  private final Client once;
  private final BoundedCalls calls;

  SubnetWriter(KubernetesClient client, BoundedCalls calls) {
    this.client = client;
    this.calls = calls;
    this.once =
        client.newClient(
            new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) PATIENCE.toMillis())
                .build());
  }

  @Override
  public List<SubnetFacts> listLatest() {
    // No resourceVersion in the first request: the API server answers from a state at least as new
    // as now. The other pages are of the same state.
    return pages(
        token ->
            client
                .resources(NodeSubnet.class)
                .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(token).build()));
  }

  /**
   * @param page the page that a token stands for, null for the first
   */
  static List<SubnetFacts> pages(Function<String, KubernetesResourceList<NodeSubnet>> page) {
    for (int attempt = 1; ; attempt++) {
      try {
        List<SubnetFacts> all = new ArrayList<>();
        String token = null;
        do {
          KubernetesResourceList<NodeSubnet> next = page.apply(token);
          next.getItems().forEach(subnet -> all.add(Facts.of(subnet)));
          token = next.getMetadata().getContinue();
        } while (token != null && !token.isEmpty());
        return all;
      } catch (KubernetesClientException e) {
        // The state was compacted away meanwhile; going on in a newer one could miss some.
        if (e.getCode() != HttpURLConnection.HTTP_GONE || attempt == LISTS) {
          throw e;
        }
      }
    }
  }

  @Override
  public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
    // Each asks for itself, just before it is sent.
    return calls.all(claims, () -> true, claim -> create(claim, mayStart), SubnetWriter::failed);
  }

  private ClaimResult create(NodeSubnet claim, BooleanSupplier mayStart) {
    if (!mayStart.getAsBoolean()) {
      return new ClaimResult.NotSent(claim.getMetadata().getName());
    }
    String created = once.raw(CREATION, "POST", claim);
    return new ClaimResult.Created(
        Facts.of(client.getKubernetesSerialization().unmarshal(created, NodeSubnet.class)));
  }

  private static ClaimResult failed(NodeSubnet claim, RuntimeException e) {
    String name = claim.getMetadata().getName();
    return switch (ApiFailure.of(e)) {
      case CONFLICT -> new ClaimResult.Exists(name);
      case GONE, REFUSED -> new ClaimResult.Refused(name, Duties.message(e));
      case UNKNOWN -> new ClaimResult.Unknown(name, Duties.message(e));
    };
  }

  /**
   * Changes NodeSubnets in place, each only if it is still as planned. Specs first: peers wait for
   * a node's new address, nobody for labels.
   */
  Written amend(List<Amendment> amendments) {
    Map<Boolean, List<Amendment>> bySpec =
        amendments.stream()
            .collect(Collectors.partitioningBy(a -> a.spec().equals(a.subnet().spec())));
    return amendEach(bySpec.get(false)).and(amendEach(bySpec.get(true)));
  }

  private Written amendEach(List<Amendment> amendments) {
    return calls.each(amendments, a -> "NodeSubnet " + a.subnet().name(), this::amend);
  }

  private void amend(Amendment amendment) {
    NodeSubnet named = new NodeSubnet();
    named.getMetadata().setName(amendment.subnet().name());
    Patches.merge(client, named, patch(amendment));
  }

  static String patch(Amendment amendment) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("resourceVersion", amendment.subnet().version());
    if (!amendment.goneSince().equals(amendment.subnet().goneSince())) {
      ObjectNode annotations = metadata.putObject("annotations");
      amendment
          .goneSince()
          .ifPresentOrElse(
              since -> annotations.put(TweedApi.NODE_GONE_SINCE, since.toString()),
              () -> annotations.putNull(TweedApi.NODE_GONE_SINCE));
    }
    if (!amendment.setLabels().isEmpty() || !amendment.removeLabels().isEmpty()) {
      ObjectNode labels = metadata.putObject("labels");
      amendment.setLabels().forEach(labels::put);
      amendment.removeLabels().forEach(labels::putNull);
    }
    if (!amendment.spec().equals(amendment.subnet().spec())) {
      patch.set("spec", JSON.valueToTree(amendment.spec()));
    }
    return patch.toString();
  }

  /**
   * Deletes a NodeSubnet if it is still the version that was judged.
   *
   * @return whether it goes by this call, and not by somebody else's
   */
  boolean delete(SubnetFacts subnet) {
    try {
      // Of one that is not there the client tells nothing.
      return !client
          .resources(NodeSubnet.class)
          .withName(subnet.name())
          .lockResourceVersion(subnet.version())
          .delete()
          .isEmpty();
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        case GONE, CONFLICT -> false;
        case REFUSED, UNKNOWN -> throw e;
      };
    }
  }
}
