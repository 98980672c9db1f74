package dev.tweed.operator.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.IpPrefix;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;

/** The ledger in a ConfigMap; the API server's optimistic lock decides who was first. */
public final class ConfigMapLedgerStore implements LedgerStore {
  /** Name of the ConfigMap, in the operator's namespace. */
  public static final String NAME = "tweed-allocations";

  private static final String KEY = "ledger.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final KubernetesClient client;
  private final String namespace;

  public ConfigMapLedgerStore(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  @Override
  public String name() {
    return "ConfigMap " + namespace + "/" + NAME;
  }

  @Override
  public Entry read() {
    // Without a resourceVersion a GET is linearizable in etcd.
    ConfigMap found = client.configMaps().inNamespace(namespace).withName(NAME).get();
    return found == null
        ? new Entry(Ledger.empty(), Optional.empty())
        : new Entry(parse(found), Optional.of(found.getMetadata().getResourceVersion()));
  }

  @Override
  public Optional<Entry> replace(Entry read, Ledger next) {
    ConfigMap wanted =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(namespace)
            .addToLabels("app.kubernetes.io/name", "tweed")
            .addToLabels("app.kubernetes.io/component", "operator")
            .withResourceVersion(read.version().orElse(null))
            .endMetadata()
            .withData(Map.of(KEY, render(next)))
            .build();
    try {
      var resource = client.resource(wanted);
      // update() keeps the resourceVersion we give it; replace() would retry over a conflict.
      ConfigMap written = read.version().isPresent() ? resource.update() : resource.create();
      return Optional.of(new Entry(next, Optional.of(written.getMetadata().getResourceVersion())));
    } catch (KubernetesClientException e) {
      // 404: somebody deleted it after we read it; 409: somebody else wrote it.
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND && read.version().isPresent()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  Ledger parse(ConfigMap map) {
    String text = map.getData() == null ? null : map.getData().get(KEY);
    if (text == null) {
      return Ledger.empty();
    }
    try {
      Ledger ledger = JSON.readValue(text, Ledger.class);
      if (ledger == null) {
        throw unreadable("it holds nothing", null);
      }
      for (NodeSubnetSpec intent : ledger.intents()) {
        if (intent.cidr() == null
            || IpPrefix.tryParseNetwork(intent.cidr()).isEmpty()
            || intent.nodeName() == null
            || intent.podNetwork() == null) {
          throw unreadable("an intent without cidr, nodeName or podNetwork: " + intent, null);
        }
      }
      return ledger;
    } catch (JsonProcessingException e) {
      throw unreadable(e.getOriginalMessage(), e);
    }
  }

  // Starting over at once would forget intents that are being carried out.
  private LedgerException unreadable(String why, Throwable cause) {
    return new LedgerException(
        "%s, key %s, cannot be read: %s. If nobody can mend it: kubectl -n %s delete configmap %s; blocks are handed out again %d s later"
            .formatted(name(), KEY, why, namespace, NAME, Allocator.QUIET.toSeconds()),
        cause);
  }

  private static String render(Ledger ledger) {
    try {
      return JSON.writeValueAsString(ledger);
    } catch (JsonProcessingException e) {
      throw new LedgerException("ledger cannot be written as JSON", e);
    }
  }
}
