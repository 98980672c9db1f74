package dev.tweed.operator.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What an API server promises, and nothing else: objects with resourceVersion, UID and generation,
 * creation only of what is not there, optimistic locks, preconditions, lists of one moment, changes
 * in the order they were made. Without schemas, admission, finalizers or pages. For tests of faults
 * that a real one cannot be made to have a million times.
 *
 * <p>Objects are never changed, only replaced.
 */
final class ModelApiServer {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private final Supplier<Instant> clock;
  private final Consumer<Change> observer;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private Map<String, TreeMap<String, ObjectNode>> collections = new HashMap<>();
  private long revision = 100;
  private long uids;

  /** A request. */
  record Request(String actor, String method, String path, String contentType, String body) {
    /** Whether it may change something. */
    boolean mutates() {
      return !method.equals("GET");
    }

    boolean creates(String plural) {
      return method.equals("POST") && path.endsWith("/" + plural);
    }
  }

  /** An answer. */
  record Response(int code, String body) {}

  /** What a request changed; one of both objects at least is there. */
  record Change(
      String actor, String collection, Optional<ObjectNode> before, Optional<ObjectNode> after) {
    String plural() {
      return collection.substring(collection.lastIndexOf('/') + 1);
    }
  }

  /** Changes of one collection that a client has yet to hear of. */
  static final class Subscription {
    private final String collection;
    private final List<String> pending = new ArrayList<>();
    private final Consumer<String> listener;

    private Subscription(String collection, Consumer<String> listener) {
      this.collection = collection;
      this.listener = listener;
    }

    String collection() {
      return collection;
    }

    /** Tells the client everything; returns whether there was something. */
    boolean deliver() {
      List<String> news = List.copyOf(pending);
      pending.clear();
      news.forEach(listener);
      return !news.isEmpty();
    }
  }

  /** Everything there is at one moment. */
  record Snapshot(Map<String, TreeMap<String, ObjectNode>> collections) {}

  ModelApiServer(Supplier<Instant> clock, Consumer<Change> observer) {
    this.clock = clock;
    this.observer = observer;
  }

  Snapshot snapshot() {
    return new Snapshot(copy(collections));
  }

  private static Map<String, TreeMap<String, ObjectNode>> copy(
      Map<String, TreeMap<String, ObjectNode>> from) {
    Map<String, TreeMap<String, ObjectNode>> copy = new HashMap<>();
    from.forEach((name, objects) -> copy.put(name, new TreeMap<>(objects)));
    return copy;
  }

  /** As {@code etcdctl snapshot restore --bump-revision}: nobody is told, every watch is over. */
  void restore(Snapshot snapshot) {
    collections = copy(snapshot.collections());
    revision += 1_000;
    subscriptions.clear();
  }

  synchronized Subscription subscribe(String collection, long since, Consumer<String> listener) {
    long latest =
        objects(collection).values().stream().mapToLong(ModelApiServer::version).max().orElse(0);
    if (latest > since) {
      throw new IllegalStateException("a watch that begins in the past is not modelled");
    }
    Subscription subscription = new Subscription(collection, listener);
    subscriptions.add(subscription);
    return subscription;
  }

  synchronized void unsubscribe(List<Subscription> gone) {
    subscriptions.removeAll(gone);
  }

  TreeMap<String, ObjectNode> objects(String collection) {
    return collections.computeIfAbsent(collection, c -> new TreeMap<>());
  }

  synchronized Response handle(Request request) {
    String path = request.path();
    if (path.matches("/apis/[^/]+/[^/]+") || path.matches("/apis?")) {
      return failure(404, "NotFound", "discovery is not modelled");
    }
    if (path.endsWith("/events") && request.method().equals("POST")) {
      return new Response(201, request.body());
    }
    String[] parts = path.split("/");
    // /api/v1/... or /apis/group/version/...; then namespaces/name, or not
    int at = parts[1].equals("api") ? 3 : 4;
    if (parts.length > at + 2 && parts[at].equals("namespaces")) {
      at += 2;
    }
    String collection = String.join("/", List.of(parts).subList(0, at + 1));
    if (parts.length == at + 1) {
      return switch (request.method()) {
        case "GET" -> list(collection);
        case "POST" -> create(request, collection);
        default -> throw new IllegalArgumentException("not modelled: " + request);
      };
    }
    String name = parts[at + 1];
    return switch (request.method()) {
      case "GET" -> {
        ObjectNode found = objects(collection).get(name);
        yield found == null ? notFound(name) : new Response(200, found.toString());
      }
      case "PUT" -> update(request, collection, name, read(request.body()));
      case "PATCH" -> patch(request, collection, name);
      case "DELETE" -> delete(request, collection, name);
      default -> throw new IllegalArgumentException("not modelled: " + request);
    };
  }

  private Response list(String collection) {
    ObjectNode list = JSON.createObjectNode();
    String plural = collection.substring(collection.lastIndexOf('/') + 1);
    list.put("apiVersion", collection.startsWith("/api/") ? "v1" : "tweed.dev/v1alpha1");
    list.put(
        "kind",
        switch (plural) {
          case "nodes" -> "NodeList";
          case "nodesubnets" -> "NodeSubnetList";
          case "nodereports" -> "NodeReportList";
          case "podnetworks" -> "PodNetworkList";
          case "firewallpolicies" -> "FirewallPolicyList";
          case "configmaps" -> "ConfigMapList";
          default -> throw new IllegalArgumentException("not modelled: " + collection);
        });
    list.putObject("metadata").put("resourceVersion", Long.toString(revision));
    ArrayNode items = list.putArray("items");
    objects(collection).values().forEach(items::add);
    return new Response(200, list.toString());
  }

  private Response create(Request request, String collection) {
    ObjectNode object = read(request.body());
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    String name = metadata.get("name").asText();
    if (objects(collection).containsKey(name)) {
      return failure(409, "AlreadyExists", name + " already exists");
    }
    if (metadata.hasNonNull("resourceVersion")) {
      return failure(
          400, "BadRequest", "resourceVersion should not be set on objects to be created");
    }
    metadata.put("uid", "uid-" + ++uids);
    metadata.put("generation", 1);
    metadata.put("creationTimestamp", clock.get().truncatedTo(ChronoUnit.SECONDS).toString());
    return store(request, collection, 201, Optional.empty(), object);
  }

  private Response update(Request request, String collection, String name, ObjectNode object) {
    ObjectNode current = objects(collection).get(name);
    if (current == null) {
      return notFound(name);
    }
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    JsonNode version = metadata.get("resourceVersion");
    JsonNode uid = metadata.get("uid");
    if (version != null && !version.asText().equals(Long.toString(version(current)))
        || uid != null && !uid.equals(current.get("metadata").get("uid"))) {
      return failure(409, "Conflict", name + " has been modified");
    }
    for (String kept : List.of("uid", "creationTimestamp", "generation")) {
      metadata.set(kept, current.get("metadata").get(kept));
    }
    // A write that changes nothing does not make a new version.
    if (object.equals(current)) {
      return new Response(200, current.toString());
    }
    if (!Objects.equals(object.get("spec"), current.get("spec"))) {
      metadata.put("generation", current.get("metadata").get("generation").asLong() + 1);
    }
    return store(request, collection, 200, Optional.of(current), object);
  }

  private Response patch(Request request, String collection, String name) {
    ObjectNode current = objects(collection).get(name);
    if (current == null) {
      return notFound(name);
    }
    ObjectNode patch = read(request.body());
    JsonNode metadata = patch.path("metadata");
    if (metadata.has("resourceVersion")
            && metadata.get("resourceVersion").asLong() != version(current)
        || metadata.has("uid") && !metadata.get("uid").equals(current.get("metadata").get("uid"))) {
      return failure(409, "Conflict", name + " has been modified");
    }
    if (!request.contentType().contains("merge-patch")) {
      throw new IllegalArgumentException("not modelled: " + request);
    }
    ObjectNode merged = current.deepCopy();
    merge(merged, patch);
    return update(request, collection, name, merged);
  }

  private static void merge(ObjectNode target, ObjectNode patch) {
    patch
        .properties()
        .forEach(
            e -> {
              JsonNode value = e.getValue();
              if (value.isNull()) {
                target.remove(e.getKey());
              } else if (value.isObject()) {
                JsonNode old = target.get(e.getKey());
                ObjectNode into = old instanceof ObjectNode o ? o : target.putObject(e.getKey());
                merge(into, (ObjectNode) value);
              } else {
                // The only list that is merged by key rather than replaced is conditions, and
                // nothing here has more than one.
                target.set(e.getKey(), value);
              }
            });
  }

  private Response delete(Request request, String collection, String name) {
    ObjectNode current = objects(collection).get(name);
    if (current == null) {
      return notFound(name);
    }
    JsonNode preconditions =
        request.body().isEmpty() ? JSON.nullNode() : read(request.body()).path("preconditions");
    JsonNode version = preconditions.path("resourceVersion");
    JsonNode uid = preconditions.path("uid");
    if (version.isTextual() && version.asLong() != version(current)
        || uid.isTextual() && !uid.equals(current.get("metadata").get("uid"))) {
      return failure(409, "Conflict", "the precondition is not met by " + name);
    }
    revision++;
    objects(collection).remove(name);
    ObjectNode last = current.deepCopy();
    ((ObjectNode) last.get("metadata")).put("resourceVersion", Long.toString(revision));
    tell("DELETED", collection, last);
    observer.accept(
        new Change(request.actor(), collection, Optional.of(current), Optional.empty()));
    return new Response(200, current.toString());
  }

  private Response store(
      Request request, String collection, int code, Optional<ObjectNode> before, ObjectNode after) {
    revision++;
    ((ObjectNode) after.get("metadata")).put("resourceVersion", Long.toString(revision));
    String name = after.get("metadata").get("name").asText();
    objects(collection).put(name, after);
    tell(before.isPresent() ? "MODIFIED" : "ADDED", collection, after);
    observer.accept(new Change(request.actor(), collection, before, Optional.of(after)));
    return new Response(code, after.toString());
  }

  private void tell(String type, String collection, ObjectNode object) {
    String text = "{\"type\":\"" + type + "\",\"object\":" + object + "}";
    subscriptions.stream()
        .filter(s -> s.collection.equals(collection))
        .forEach(s -> s.pending.add(text));
  }

  private static long version(ObjectNode object) {
    return object.get("metadata").get("resourceVersion").asLong();
  }

  static ObjectNode read(String body) {
    try {
      return (ObjectNode) JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(body, e);
    }
  }

  private static Response notFound(String name) {
    return failure(404, "NotFound", name + " not found");
  }

  /** A Status that tells of a failure. */
  static Response failure(int code, String reason, String message) {
    ObjectNode status = JSON.createObjectNode();
    status.put("kind", "Status");
    status.put("apiVersion", "v1");
    status.put("status", "Failure");
    status.put("reason", reason);
    status.put("code", code);
    status.put("message", message);
    return new Response(code, status.toString());
  }
}
