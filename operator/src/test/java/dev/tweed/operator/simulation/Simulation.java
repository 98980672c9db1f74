package dev.tweed.operator.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.simulation.ModelApiServer.Change;
import dev.tweed.operator.simulation.ModelApiServer.Request;
import dev.tweed.operator.simulation.ModelApiServer.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster in virtual time: machines with kubelets and daemons, people, operators and what lies
 * between them. Notes whatever must never be.
 */
final class Simulation implements AutoCloseable {
  static final Duration RELEASE_AFTER = Duration.ofMinutes(5);

  /** How late a request may take effect: what ADR 2 assumes. */
  static final Duration TAKES_EFFECT = Duration.ofSeconds(20);

  private static final String NAMESPACE = "tweed-system";
  private static final String NODES = "/api/v1/nodes";
  private static final String GROUP = "/apis/tweed.dev/v1alpha1/";
  private static final String SUBNETS = GROUP + "nodesubnets";
  private static final String REPORTS = GROUP + "nodereports";
  private static final String NETWORKS = GROUP + "podnetworks";
  private static final String LEDGERS = "/api/v1/namespaces/" + NAMESPACE + "/configmaps";

  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private final ModelApiServer api = new ModelApiServer(this::now, this::changed);
  private final Setup setup;
  private final Map<String, Machine> machines = new LinkedHashMap<>();
  private final SimulatedOperator[] operators;
  private final Duration[] offsets;
  private final List<List<PendingFault>> faults = new ArrayList<>();
  private final PriorityQueue<Later> later = new PriorityQueue<>();
  private final List<String> violations = new ArrayList<>();
  private final List<Supplier<String>> notes = new ArrayList<>();
  private final Map<String, IpPrefix> ranges = new HashMap<>();
  private Optional<ModelApiServer.Snapshot> snapshot = Optional.empty();
  private final Map<String, Instant> refusedUntil = new HashMap<>();
  private long operatorWrites;
  private Duration latency = Duration.ofMillis(5);
  private final Map<Integer, Instant> cutOffUntil = new HashMap<>();
  private final Map<String, Instant> forbiddenUntil = new HashMap<>();
  private Optional<String> beforeSpoilt = Optional.empty();
  private Set<String> oldIntents = Set.of();
  private final Map<String, Basis> planned = new HashMap<>();
  private final Map<String, Instant> left = new HashMap<>();
  private Optional<String> ledgerCopy = Optional.empty();

  /**
   * How a simulation begins.
   *
   * @param quiet the rest of the ledger
   * @param commonLedger false: each operator has its own
   */
  record Setup(
      int operators, int machines, Duration quiet, boolean commonLedger, List<Network> networks) {}

  /** A PodNetwork: the zones it selects, and one pool. */
  record Network(String name, List<String> zones, String pool, int nodePrefixLength) {}

  /** What becomes of a request. */
  enum Fault {
    None,
    /** It never arrives. */
    Lost,
    /** It takes effect, but the answer is lost. */
    Unanswered,
    /** It takes effect when nobody waits for it any more. */
    Late,
    /** 429. */
    Busy,
    /** 403 for whatever would change something. */
    Refused,
    /** 500. */
    Broken
  }

  private record PendingFault(int[] skip, Fault fault) {}

  /**
   * What the author of an intent planned it from.
   *
   * @param knows until when it knew all but NodeSubnets
   * @param choice whether the pool had a block that nobody had had for long
   */
  private record Basis(Instant knows, boolean choice) {}

  private record Later(Instant at, Request request) implements Comparable<Later> {
    @Override
    public int compareTo(Later other) {
      return at.compareTo(other.at);
    }
  }

  /** A machine, whether it has a Node or not: its daemon serves a block until told otherwise. */
  private static final class Machine {
    private final String name;
    private String zone;
    private int address;
    private Optional<String> served = Optional.empty();
    private Optional<String> given = Optional.empty();
    private String servedFrom = "";
    private Optional<Instant> lostSince = Optional.empty();
    private boolean lostOnce;
    private Instant regained = Instant.MIN;
    private Optional<Instant> lostBefore = Optional.empty();

    Machine(String name, String zone, int address) {
      this.name = name;
      this.zone = zone;
      this.address = address;
    }
  }

  Simulation(Setup setup) {
    this.setup = setup;
    this.operators = new SimulatedOperator[setup.operators()];
    this.offsets = new Duration[setup.operators()];
    for (Network network : setup.networks()) {
      create(NETWORKS, networkObject(network));
    }
    for (int i = 0; i < setup.machines(); i++) {
      Machine machine = new Machine("m" + i, "abc".charAt(i % 3) + "", i);
      machines.put(machine.name, machine);
    }
    for (int i = 0; i < operators.length; i++) {
      offsets[i] = Duration.ZERO;
      faults.add(new ArrayList<>());
      operators[i] = start(i);
    }
  }

  private SimulatedOperator start(int operator) {
    String namespace = setup.commonLedger() ? NAMESPACE : NAMESPACE + "-" + operator;
    return new SimulatedOperator(this, operator, namespace, setup.quiet());
  }

  // ---- what operators need

  ModelApiServer api() {
    return api;
  }

  Instant now() {
    return now;
  }

  Duration offset(int operator) {
    return offsets[operator];
  }

  /** Lets time pass; requests that are under way take effect. */
  void advance(Duration time) {
    Instant until = now.plus(time);
    while (!later.isEmpty() && !later.peek().at().isAfter(until)) {
      Later next = later.poll();
      now = next.at().isAfter(now) ? next.at() : now;
      if (!isClaim(next.request()) || !refuses(next.request())) {
        api.handle(next.request());
      }
    }
    now = until;
  }

  void later(Duration delay, Request request) {
    later.add(new Later(now.plus(delay), request));
  }

  /** Whether the API server will not have this NodeSubnet, whoever asks. */
  boolean refuses(Request request) {
    return refusedUntil.getOrDefault(name(request), Instant.MIN).isAfter(now);
  }

  /** It will not for a while: an admission policy says no. */
  void refuse(Request request) {
    refusedUntil.put(name(request), now.plusSeconds(60));
  }

  /** How long a request takes. */
  Duration latency() {
    return latency;
  }

  /** Whether an operator hears nothing of the API server. */
  boolean isCutOff(int operator) {
    return cutOffUntil.getOrDefault(operator, Instant.MIN).isAfter(now);
  }

  /** Whether operators may not write this kind, for want of a right. */
  boolean forbids(Request request) {
    return forbiddenUntil.entrySet().stream()
        .anyMatch(e -> e.getValue().isAfter(now) && request.path().contains("/" + e.getKey()));
  }

  private static boolean isClaim(Request request) {
    return request.method().equals("POST") && request.path().startsWith(SUBNETS);
  }

  private static String name(Request request) {
    return ModelApiServer.read(request.body()).get("metadata").get("name").asText();
  }

  Fault fault(int operator) {
    Fault found = Fault.None;
    for (PendingFault pending : List.copyOf(faults.get(operator))) {
      if (pending.skip()[0]-- == 0) {
        faults.get(operator).remove(pending);
        found = pending.fault();
      }
    }
    return found;
  }

  // Said only if somebody asks, as most stories have a good end.
  void note(Supplier<String> note) {
    Instant at = now;
    notes.add(() -> at + " " + note.get());
  }

  void broken(String message, Throwable cause) {
    java.io.StringWriter text = new java.io.StringWriter();
    cause.printStackTrace(new java.io.PrintWriter(text));
    violate(message + "\n" + text);
  }

  private void violate(String what) {
    violations.add(now + " " + what);
    note(() -> "VIOLATION " + what);
  }

  List<String> violations() {
    return violations;
  }

  /** What happened last, for people. */
  String story() {
    return notes.stream()
        .skip(Math.max(0, notes.size() - 400))
        .map(Supplier::get)
        .collect(Collectors.joining("\n"));
  }

  // ---- what happens

  /** The kubelet of a machine makes its Node. */
  void join(int number) {
    Machine machine = machine(number);
    if (node(machine).isEmpty()) {
      ObjectNode node = ModelApiServer.JSON.createObjectNode();
      node.put("apiVersion", "v1").put("kind", "Node");
      ObjectNode metadata = node.putObject("metadata").put("name", machine.name);
      metadata.putObject("labels").put("topology.kubernetes.io/zone", machine.zone);
      node.putObject("spec");
      ObjectNode address = node.putObject("status").putArray("addresses").addObject();
      address.put("type", "InternalIP");
      int index = machine.address;
      address.put("address", "192.168." + index / 250 + "." + (index % 250 + 1));
      create(NODES, node);
    }
  }

  /** The same of a machine that got the address of another one. */
  void joinWithAddressOf(int number, int other) {
    machine(number).address = machine(other).address;
    join(number);
  }

  /** Somebody deletes a Node; the machine goes on. */
  void leave(int number) {
    request("DELETE", NODES + "/" + machine(number).name, "");
  }

  /** A Node gets another UID. */
  void replace(int number) {
    leave(number);
    join(number);
  }

  /** A machine is installed anew. Its Node stays what it is. */
  void reimage(int number) {
    machine(number).served = Optional.empty();
  }

  void relabel(int number, String zone) {
    Machine machine = machine(number);
    machine.zone = zone;
    merge(
        NODES + "/" + machine.name,
        "{\"metadata\":{\"labels\":{\"topology.kubernetes.io/zone\":\"" + zone + "\"}}}");
  }

  /** The zones that a network selects. */
  void select(String network, List<String> zones) {
    ObjectNode patch = ModelApiServer.JSON.createObjectNode();
    patch.putObject("spec").set("nodeSelector", selector(zones));
    merge(NETWORKS + "/" + network, patch.toString());
  }

  /** Appends a pool to a network. */
  void appendPool(String network, String cidr, int nodePrefixLength) {
    ObjectNode found = api.objects(NETWORKS).get(network);
    ArrayNode pools = found.get("spec").withArray("pools").deepCopy();
    for (JsonNode pool : pools) {
      if (pool.get("cidr").asText().equals(cidr)) {
        return;
      }
    }
    pools.addObject().put("cidr", cidr).put("nodePrefixLength", nodePrefixLength);
    ObjectNode patch = ModelApiServer.JSON.createObjectNode();
    patch.putObject("spec").set("pools", pools);
    merge(NETWORKS + "/" + network, patch.toString());
  }

  /** The daemon of a machine does what its NodeSubnet says, and reports. */
  void daemon(int number) {
    Machine machine = machine(number);
    Optional<ObjectNode> node = node(machine);
    if (node.isEmpty()) {
      return;
    }
    subnetOf(machine.name)
        .ifPresent(
            subnet -> {
              String cidr = subnet.get("spec").get("cidr").asText();
              if (!machine.served.equals(Optional.of(cidr))) {
                note(() -> machine.name + " serves " + cidr);
              }
              machine.served = Optional.of(cidr);
              machine.servedFrom = subnet.get("spec").get("podNetwork").asText();
              refresh(machine);
            });
    ObjectNode report = api.objects(REPORTS).get(machine.name);
    if (report != null && owner(report).equals(uid(node.get()))) {
      ObjectNode patch = ModelApiServer.JSON.createObjectNode();
      ArrayNode blocks = patch.putObject("status").putArray("blocks");
      machine.served.ifPresent(blocks::add);
      merge(REPORTS + "/" + machine.name + "/status", patch.toString());
    }
  }

  void daemons() {
    for (int i = 0; i < machines.size(); i++) {
      daemon(i);
    }
  }

  /** The garbage collector. */
  void collect() {
    for (ObjectNode report : List.copyOf(api.objects(REPORTS).values())) {
      String name = report.get("metadata").get("name").asText();
      ObjectNode node = api.objects(NODES).get(name);
      if (node == null || !uid(node).equals(owner(report))) {
        request("DELETE", REPORTS + "/" + name, "");
      }
    }
  }

  /** Somebody deletes the NodeSubnet of a machine: if it has no Node, that gives the block away. */
  void loseSubnet(int number) {
    Machine machine = machine(number);
    if (!resting()) {
      // Whoever carries out the intent it came from makes it again, beside the new one.
      return;
    }
    subnetOf(machine.name)
        .ifPresent(
            s -> request("DELETE", SUBNETS + "/" + s.get("metadata").get("name").asText(), ""));
    if (machine.lostSince.isPresent()) {
      machine.served = Optional.empty();
    }
  }

  /** Somebody deletes the ledger, though there are blocks. */
  void loseLedger() {
    if (ledger().isPresent() && !api.objects(SUBNETS).isEmpty()) {
      request("DELETE", LEDGERS + "/" + ConfigMapLedgerStore.NAME, "");
      beforeSpoilt = Optional.empty();
      forget();
    }
  }

  private Optional<ObjectNode> ledger() {
    return Optional.ofNullable(api.objects(LEDGERS).get(ConfigMapLedgerStore.NAME));
  }

  private void writeLedger(String text) {
    ObjectNode patch = ModelApiServer.JSON.createObjectNode();
    patch.putObject("data").put("ledger.json", text);
    merge(LEDGERS + "/" + ConfigMapLedgerStore.NAME, patch.toString());
  }

  /** Somebody writes nonsense into the ledger, and knows what it was. */
  void spoilLedger(String text) {
    if (beforeSpoilt.isEmpty() && ledger().isPresent()) {
      beforeSpoilt = ledger().map(Simulation::text);
      writeLedger(text);
    }
  }

  void mendLedger() {
    beforeSpoilt.ifPresent(this::writeLedger);
    beforeSpoilt = Optional.empty();
  }

  void copyLedger() {
    if (beforeSpoilt.isEmpty()) {
      ledgerCopy = ledger().map(Simulation::text);
    }
  }

  /** Somebody puts back what the ledger was, at rest: of machines without a block nobody knows. */
  void putBackLedger() {
    if (ledgerCopy.isPresent() && ledger().isPresent() && resting()) {
      beforeSpoilt = Optional.empty();
      writeLedger(ledgerCopy.get());
      oldIntents = Set.copyOf(intents());
      for (Machine machine : machines.values()) {
        if (subnetOf(machine.name).isEmpty()) {
          machine.served = Optional.empty();
        }
      }
    }
  }

  void latency(Duration latency) {
    this.latency = latency;
  }

  void cutOff(int operator, Duration time) {
    cutOffUntil.put(operator % operators.length, now.plus(time));
  }

  void forbid(String plural, Duration time) {
    forbiddenUntil.put(plural, now.plus(time));
  }

  void networkOfTomorrow(String network, boolean is) {
    merge(
        NETWORKS + "/" + network,
        is ? "{\"spec\":{\"backend\":{\"type\":\"GENEVE\"}}}" : "{\"spec\":{\"backend\":null}}");
  }

  private boolean isOfTomorrow(String network) {
    return api.objects(NETWORKS).get(network).get("spec").has("backend");
  }

  void subnetOfTomorrow(int number, boolean is) {
    subnetOf(machine(number).name)
        .ifPresent(
            s ->
                merge(
                    SUBNETS + "/" + s.get("metadata").get("name").asText(),
                    is ? "{\"spec\":{\"mtu\":\"jumbo\"}}" : "{\"spec\":{\"mtu\":null}}"));
  }

  private boolean resting() {
    boolean working = false;
    for (SimulatedOperator operator : operators) {
      working |= operator.inRun();
    }
    return !working && later.isEmpty();
  }

  /** An operator of the version before writes the ledger: what it does not know of is gone. */
  void olderOperator() {
    if (ledger().isPresent() && beforeSpoilt.isEmpty()) {
      writeLedger(content().retain("cursors", "intents").toString());
      forget();
    }
  }

  /** An operator of the version after has written the ledger. */
  void newerOperator() {
    if (ledger().isPresent() && beforeSpoilt.isEmpty()) {
      ObjectNode more = content();
      more.putArray("ofTomorrow").add("something");
      writeLedger(more.toString());
    }
  }

  // What nobody remembers but the ledger: blocks without a NodeSubnet and without a report.
  private void forget() {
    for (Machine machine : machines.values()) {
      if (subnetOf(machine.name).isEmpty() && !reported(machine)) {
        machine.served = Optional.empty();
      }
    }
  }

  // Whether a NodeSubnet or an intent gives another machine what this one serves, or this one
  // something else. Who held it last counts, too, while the machine may not have it.
  private boolean given(Machine machine) {
    String served = machine.served.orElse("");
    JsonNode ledger = ledger().map(l -> content()).orElse(ModelApiServer.JSON.createObjectNode());
    if (machine.lostSince.isPresent()
        && !ledger.path("lastHolders").path(served).asText(machine.name).equals(machine.name)) {
      return true;
    }
    return Stream.concat(
            api.objects(SUBNETS).values().stream().map(s -> s.get("spec")),
            ledger.path("intents").valueStream())
        .filter(spec -> !claim(spec).equals(machine.name + " " + served))
        .anyMatch(
            spec ->
                spec.get("nodeName").asText().equals(machine.name)
                    || machine.served.isPresent() && overlap(served, spec.get("cidr").asText()));
  }

  // Whether another Node's report names what it serves, too: then its own does not count.
  private boolean contested(Machine machine) {
    return machine.served.isPresent()
        && machines.values().stream()
            .filter(other -> other != machine)
            .flatMap(this::report)
            .flatMap(Simulation::reports)
            .anyMatch(block -> overlap(block, machine.served.get()));
  }

  // Of its Node, and not of an earlier one of the name.
  private Stream<ObjectNode> report(Machine machine) {
    return Stream.ofNullable(api.objects(REPORTS).get(machine.name))
        .filter(r -> node(machine).filter(n -> uid(n).equals(owner(r))).isPresent());
  }

  // Whether its Node's own report says what it serves.
  private boolean reported(Machine machine) {
    return report(machine)
        .flatMap(Simulation::reports)
        .anyMatch(block -> machine.served.filter(block::equals).isPresent());
  }

  void fault(int operator, int skip, Fault fault) {
    faults.get(operator % operators.length).add(new PendingFault(new int[] {skip}, fault));
  }

  void step(int operator, Duration by) {
    offsets[operator % operators.length] = offsets[operator % operators.length].plus(by);
  }

  void crash(int operator) {
    int number = operator % operators.length;
    operators[number].kill();
    note(() -> operators[number].name() + " starts anew");
    operators[number] = start(number);
  }

  /** An operator goes on for so many points, with caches that know everything, or not. */
  void run(int operator, int points, String... hears) {
    SimulatedOperator runs = operators[operator % operators.length];
    if (hears.length == 0 || !hears[0].isEmpty()) {
      runs.deliver(hears);
    }
    runs.proceed(points);
  }

  void backup() {
    if (beforeSpoilt.isEmpty()) {
      snapshot = Optional.of(api.snapshot());
    }
  }

  /**
   * etcd is set back to the backup. Operators start anew; machines that have no Node then are new
   * ones, those that have a NodeSubnet serve that, and the others what they did.
   */
  void restore() {
    if (snapshot.isEmpty()) {
      return;
    }
    for (SimulatedOperator operator : operators) {
      operator.kill();
    }
    later.clear();
    beforeSpoilt = Optional.empty();
    api.restore(snapshot.get());
    note(() -> "etcd is set back");
    for (Machine machine : machines.values()) {
      Optional<ObjectNode> node = node(machine);
      Optional<ObjectNode> subnet = subnetOf(machine.name);
      node.ifPresent(
          n ->
              machine.zone =
                  n.get("metadata").get("labels").get("topology.kubernetes.io/zone").asText());
      if (subnet.isPresent()) {
        machine.served = Optional.of(subnet.get().get("spec").get("cidr").asText());
        machine.servedFrom = subnet.get().get("spec").get("podNetwork").asText();
      } else if (report(machine).findAny().isEmpty()) {
        machine.served = Optional.empty();
      }
      machine.lostSince = Optional.empty();
      refresh(machine);
    }
    daemons();
    // Of a block without a NodeSubnet its node's report tells, as long as nothing else does.
    for (Machine machine : machines.values()) {
      if (subnetOf(machine.name).isEmpty() && (given(machine) || contested(machine))) {
        machine.served = Optional.empty();
      }
    }
    for (int i = 0; i < operators.length; i++) {
      operators[i] = start(i);
    }
  }

  // ---- what must hold

  private void changed(Change change) {
    boolean byOperator = change.actor().startsWith("operator");
    if (byOperator) {
      operatorWrites++;
    }
    note(() -> describe(change));
    had(change).forEach(block -> left.put(block, now));
    switch (change.plural()) {
      case "nodesubnets" -> {
        if (change.before().isEmpty()) {
          created(change.after().orElseThrow());
        } else if (change.after().isEmpty()) {
          deleted(change.before().orElseThrow(), change.actor());
        }
      }
      case "nodereports" -> forgetIfGone(change);
      case "nodes" -> {
        forgetIfGone(change);
        machines.values().forEach(this::refresh);
      }
      case "podnetworks" -> machines.values().forEach(this::refresh);
      case "configmaps" -> {
        if (byOperator) {
          oldIntents = Set.of();
          planned(change);
        }
      }
      default -> {}
    }
  }

  // By what its author knew each new intent of the ledger is to be judged, whoever carries it out.
  private void planned(Change change) {
    SimulatedOperator author =
        Stream.of(operators).filter(o -> o.name().equals(change.actor())).findFirst().orElseThrow();
    List<JsonNode> before = intents(change.before()).toList();
    List<JsonNode> more =
        intents(change.after()).filter(intent -> !before.contains(intent)).toList();
    for (JsonNode intent : more) {
      // The next ones of the same plan may be for the others.
      long others = machines.size() - api.objects(SUBNETS).size() - more.size();
      boolean choice = open(intent, change, author.knows()) > others;
      planned.put(claim(intent), new Basis(author.knows(), choice));
    }
  }

  // How many blocks of its pool nobody has, had last by the ledger, or was heard to have had within
  // an hour of when its author last heard anything: less than the author may think.
  private long open(JsonNode intent, Change ledger, Instant knows) {
    List<String> had =
        Stream.of(
                api.objects(SUBNETS).values().stream().map(s -> s.get("spec").get("cidr").asText()),
                api.objects(REPORTS).values().stream().flatMap(Simulation::reports),
                machines.values().stream()
                    .flatMap(m -> Stream.of(m.served, m.given))
                    .flatMap(Optional::stream),
                Stream.of(ledger.before(), ledger.after())
                    .flatMap(Simulation::intents)
                    .map(i -> i.get("cidr").asText()),
                Stream.of(ledger.before(), ledger.after())
                    .flatMap(Optional::stream)
                    .flatMap(l -> ModelApiServer.read(text(l)).path("lastHolders").propertyStream())
                    .map(Map.Entry::getKey),
                left.entrySet().stream()
                    .filter(e -> e.getValue().plusSeconds(3_600).isAfter(knows))
                    .map(Map.Entry::getKey))
            .flatMap(blocks -> blocks)
            .toList();
    String cidr = intent.get("cidr").asText();
    IpPrefix pool =
        pools(intent.get("podNetwork").asText())
            .valueStream()
            .map(p -> range(p.get("cidr").asText()))
            .filter(p -> p.contains(range(cidr)))
            .findFirst()
            .orElseThrow();
    int length = range(cidr).length();
    return IntStream.range(0, 1 << length - pool.length())
        .mapToObj(i -> pool.subnet(i, length))
        .filter(block -> had.stream().noneMatch(h -> range(h).overlaps(block)))
        .count();
  }

  // Blocks of an object of before, by its NodeSubnet or NodeReport.
  private static Stream<String> had(Change change) {
    return switch (change.plural()) {
      case "nodesubnets" -> change.before().stream().map(s -> s.get("spec").get("cidr").asText());
      case "nodereports" -> change.before().stream().flatMap(Simulation::reports);
      default -> Stream.of();
    };
  }

  private static Stream<String> reports(ObjectNode report) {
    return report.path("status").path("blocks").valueStream().map(JsonNode::asText);
  }

  private static Stream<JsonNode> intents(Optional<ObjectNode> ledger) {
    return ledger.stream().flatMap(l -> ModelApiServer.read(text(l)).path("intents").valueStream());
  }

  private static String claim(JsonNode spec) {
    return spec.get("nodeName").asText() + " " + spec.get("cidr").asText();
  }

  // With its report, or its Node, nothing tells any more of a block without a NodeSubnet.
  private void forgetIfGone(Change change) {
    String name =
        change.before().or(change::after).orElseThrow().get("metadata").get("name").asText();
    if (change.after().isEmpty() && subnetOf(name).isEmpty()) {
      machines.get(name).served = Optional.empty();
    }
  }

  private static String describe(Change change) {
    ObjectNode object = change.after().or(change::before).orElseThrow();
    String spec =
        switch (change.plural()) {
          case "nodesubnets" ->
              " "
                  + object.get("spec").get("nodeName").asText()
                  + " "
                  + object.get("spec").get("podNetwork").asText()
                  + " "
                  + object.get("metadata").path("annotations");
          case "configmaps" -> " " + object.path("data");
          case "nodes" -> " " + uid(object) + object.get("metadata").get("labels");
          case "nodereports" -> " " + object.path("status");
          case "podnetworks" -> " " + object.get("spec");
          default -> "";
        };
    return change.actor()
        + (change.before().isEmpty() ? " + " : change.after().isEmpty() ? " - " : " * ")
        + change.plural()
        + "/"
        + object.get("metadata").get("name").asText()
        + spec;
  }

  private void created(ObjectNode subnet) {
    String cidr = subnet.get("spec").get("cidr").asText();
    String node = subnet.get("spec").get("nodeName").asText();
    for (ObjectNode other : api.objects(SUBNETS).values()) {
      if (other == subnet) {
        continue;
      }
      if (overlap(cidr, other.get("spec").get("cidr").asText())) {
        violate(describe(subnet) + " overlaps " + describe(other));
      }
      if (other.get("spec").get("nodeName").asText().equals(node)) {
        violate(describe(subnet) + " is a second block beside " + describe(other));
      } else if (sharesAddress(subnet, other)) {
        violate(describe(subnet) + " has an address of " + describe(other));
      }
    }
    machines.get(node).lostOnce = false;
    machines.get(node).given = Optional.of(cidr);
    Optional<Basis> basis = Optional.ofNullable(planned.get(claim(subnet.get("spec"))));
    Instant knew = basis.map(Basis::knows).orElse(now);
    for (Machine machine : machines.values()) {
      if (machine.served.isEmpty()) {
        continue;
      }
      String served = machine.served.get();
      if (machine.name.equals(node)) {
        if (!served.equals(cidr)) {
          // What stands in a ledger that was put back is carried out: nobody knows its age. Nor
          // could it be foreseen that the machine would be entitled again.
          if (machine.lostSince.isEmpty()
              && machine.regained.isBefore(knew)
              && !taken(served)
              && giving(machine.servedFrom)
              && !oldIntents.contains(cidr)) {
            violate(describe(subnet) + " though its pods have " + served + ", which is free");
          }
          machine.served = Optional.empty();
        }
      } else if (overlap(served, cidr)) {
        if (!lostLong(machine, knew) || basis.filter(Basis::choice).isPresent()) {
          violate(
              describe(subnet)
                  + " though "
                  + machine.name
                  + " serves "
                  + served
                  + machine.lostSince);
        }
        machine.served = Optional.empty();
      }
    }
  }

  private static boolean sharesAddress(ObjectNode subnet, ObjectNode other) {
    Set<String> addresses = new HashSet<>();
    subnet.get("spec").path("nodeIPs").forEach(a -> addresses.add(a.asText()));
    other.get("spec").path("nodeIPs").forEach(a -> addresses.remove(a.asText()));
    return addresses.size() < subnet.get("spec").path("nodeIPs").size();
  }

  // Its block was to be released. A return that the plan could not know of came too late: somebody
  // else may have the block then, though not where another one was open.
  private boolean lostLong(Machine machine, Instant knew) {
    boolean unforeseen = machine.lostSince.isEmpty() && !machine.regained.isBefore(knew);
    Instant until = unforeseen ? machine.regained : now;
    return (unforeseen ? machine.lostBefore : machine.lostSince)
        .filter(at -> !at.plus(RELEASE_AFTER).isAfter(until))
        .isPresent();
  }

  private static String describe(ObjectNode subnet) {
    return subnet.get("spec").get("cidr").asText()
        + " of "
        + subnet.get("spec").get("nodeName").asText();
  }

  private void deleted(ObjectNode subnet, String actor) {
    // Empty for people. What it judged when its run began it may carry out whenever it goes on: the
    // node gets its block back.
    Optional<Instant> judged =
        Stream.of(operators)
            .filter(o -> o.name().equals(actor))
            .map(SimulatedOperator::began)
            .findFirst();
    Machine machine = machines.get(subnet.get("spec").get("nodeName").asText());
    if (judged.isPresent()
        && machine.served.equals(Optional.of(subnet.get("spec").get("cidr").asText()))
        && machine.lostSince.isEmpty()
        && !machine.lostOnce
        && machine.regained.isBefore(judged.get())) {
      violate(describe(subnet) + " is taken away though the node was there all the time");
    }
    if (judged.isEmpty() && (!reported(machine) || contested(machine))) {
      machine.served = Optional.empty();
    }
  }

  // Whether any NodeSubnet or intent overlaps the range.
  private boolean taken(String cidr) {
    return api.objects(SUBNETS).values().stream()
            .anyMatch(s -> overlap(cidr, s.get("spec").get("cidr").asText()))
        || ledger().isPresent() && intents().stream().anyMatch(i -> overlap(cidr, i));
  }

  private List<String> intents() {
    List<String> intents = new ArrayList<>();
    content().path("intents").forEach(i -> intents.add(i.get("cidr").asText()));
    return intents;
  }

  /** What the ledger says, or will say again. */
  private ObjectNode content() {
    return ModelApiServer.read(beforeSpoilt.or(() -> ledger().map(Simulation::text)).orElseThrow());
  }

  private static String text(ObjectNode ledger) {
    return ledger.get("data").get("ledger.json").asText();
  }

  private void refresh(Machine machine) {
    boolean entitled =
        node(machine).isPresent()
            && machine.served.isPresent()
            && selects(machine.servedFrom, machine.zone);
    if (entitled && machine.lostSince.isPresent()) {
      machine.lostBefore = machine.lostSince;
      machine.regained = now;
      machine.lostSince = Optional.empty();
    } else if (!entitled && machine.lostSince.isEmpty()) {
      machine.lostSince = justRegained(machine) ? machine.lostBefore : Optional.of(now);
      machine.lostOnce = true;
    }
  }

  // No operator need have seen it.
  private boolean justRegained(Machine machine) {
    return machine.regained.plusSeconds(10).isAfter(now);
  }

  private boolean selects(String network, String zone) {
    ObjectNode found = api.objects(NETWORKS).get(network);
    return found != null
        && ModelApiServer.JSON
            .convertValue(
                ((ObjectNode) found.get("spec")).deepCopy().without("backend"),
                PodNetworkSpec.class)
            .nodeSelector()
            .matches(Map.of("topology.kubernetes.io/zone", zone));
  }

  /**
   * Faults stop: operators, daemons and the garbage collector work as they should, and everything
   * has to come to rest.
   */
  void settle() {
    faults.forEach(List::clear);
    cutOffUntil.clear();
    forbiddenUntil.clear();
    mendLedger();
    for (SimulatedOperator operator : operators) {
      if (operator.inRun()) {
        operator.proceed(Integer.MAX_VALUE);
      }
    }
    Instant limit = now.plus(Duration.ofHours(12));
    int runs = 0;
    boolean settled = false;
    while (!settled) {
      collect();
      daemons();
      settled = true;
      Instant next = now.plus(Duration.ofMinutes(5));
      for (SimulatedOperator operator : operators) {
        boolean news = operator.deliver();
        if (news || !operator.due().isAfter(now)) {
          long before = operatorWrites;
          operator.proceed(Integer.MAX_VALUE);
          settled &= before == operatorWrites;
          runs++;
        }
        settled &= operator.settled() && later.isEmpty();
        next = operator.due().isBefore(next) ? operator.due() : next;
      }
      if (now.isAfter(limit) || runs > 20_000) {
        violate("no rest after " + runs + " runs");
        return;
      }
      if (!settled && next.isAfter(now)) {
        advance(Duration.between(now, next));
      }
    }
    rested();
  }

  private void rested() {
    long before = operatorWrites;
    for (SimulatedOperator operator : operators) {
      operator.deliver();
      operator.proceed(Integer.MAX_VALUE);
    }
    if (operatorWrites != before) {
      violate("a further run writes");
    }
    for (Machine machine : machines.values()) {
      if (node(machine).isEmpty()) {
        continue;
      }
      List<String> selecting =
          setup.networks().stream()
              .map(Network::name)
              .filter(name -> selects(name, machine.zone))
              .toList();
      boolean served =
          selecting.stream().anyMatch(this::giving)
              && selecting.stream().noneMatch(this::isOfTomorrow);
      Optional<ObjectNode> subnet = subnetOf(machine.name);
      if (subnet.filter(s -> s.get("spec").path("mtu").isTextual()).isPresent()) {
        continue; // nobody touches what is of a version that knows better
      }
      if (served && subnet.isEmpty()) {
        violate(machine.name + " has no block");
      }
      if (served
          && subnet.isPresent()
          && !uid(node(machine).get()).equals(subnet.get().get("spec").get("nodeUID").asText())) {
        violate(machine.name + " has the block of another Node");
      }
      if (subnet.isPresent()
          && selects(subnet.get().get("spec").get("podNetwork").asText(), machine.zone)
          && subnet.get().get("metadata").path("annotations").has(TweedApi.NODE_GONE_SINCE)) {
        violate(machine.name + " is there, but its block is marked");
      }
    }
  }

  // All but those that an older one has grown over.
  private boolean giving(String network) {
    for (Network other : setup.networks()) {
      if (other.name().equals(network)) {
        return true;
      }
      for (JsonNode theirs : pools(other.name())) {
        for (JsonNode mine : pools(network)) {
          if (overlap(theirs.get("cidr").asText(), mine.get("cidr").asText())) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private JsonNode pools(String network) {
    return api.objects(NETWORKS).get(network).get("spec").get("pools");
  }

  // ---- objects

  private Machine machine(int number) {
    return machines.get("m" + number % machines.size());
  }

  private Optional<ObjectNode> node(Machine machine) {
    return Optional.ofNullable(api.objects(NODES).get(machine.name));
  }

  private Optional<ObjectNode> subnetOf(String node) {
    return api.objects(SUBNETS).values().stream()
        .filter(s -> s.get("spec").get("nodeName").asText().equals(node))
        .findFirst();
  }

  /** The NodeSubnets there are, as "node cidr". */
  Collection<String> blocks() {
    return api.objects(SUBNETS).values().stream()
        .map(s -> s.get("spec").get("nodeName").asText() + " " + s.get("spec").get("cidr").asText())
        .sorted()
        .toList();
  }

  /** Addresses by which others reach the pods of a machine. */
  List<String> addresses(int number) {
    List<String> addresses = new ArrayList<>();
    subnetOf(machine(number).name)
        .ifPresent(s -> s.get("spec").path("nodeIPs").forEach(a -> addresses.add(a.asText())));
    return addresses;
  }

  private boolean overlap(String a, String b) {
    return range(a).overlaps(range(b));
  }

  private IpPrefix range(String cidr) {
    return ranges.computeIfAbsent(cidr, c -> IpPrefix.tryParseNetwork(c).orElseThrow());
  }

  private static String uid(ObjectNode object) {
    return object.get("metadata").get("uid").asText();
  }

  private static String owner(ObjectNode object) {
    return object.get("metadata").path("ownerReferences").path(0).path("uid").asText();
  }

  private static ObjectNode selector(List<String> zones) {
    ObjectNode selector = ModelApiServer.JSON.createObjectNode();
    ObjectNode requirement = selector.putArray("matchExpressions").addObject();
    requirement.put("key", "topology.kubernetes.io/zone").put("operator", "In");
    ArrayNode values = requirement.putArray("values");
    zones.forEach(values::add);
    return selector;
  }

  private static ObjectNode networkObject(Network network) {
    ObjectNode object = ModelApiServer.JSON.createObjectNode();
    object.put("apiVersion", "tweed.dev/v1alpha1").put("kind", "PodNetwork");
    object.putObject("metadata").put("name", network.name());
    ObjectNode spec = object.putObject("spec");
    ObjectNode pool = spec.putArray("pools").addObject();
    pool.put("cidr", network.pool()).put("nodePrefixLength", network.nodePrefixLength());
    spec.put("allocation", "Operator");
    spec.set("nodeSelector", selector(network.zones()));
    return object;
  }

  private void create(String collection, ObjectNode object) {
    request("POST", collection, object.toString());
  }

  private void merge(String path, String patch) {
    request("PATCH", path, patch);
  }

  private Response request(String method, String path, String body) {
    return api.handle(new Request("people", method, path, "application/merge-patch+json", body));
  }

  @Override
  public void close() {
    for (SimulatedOperator operator : operators) {
      operator.kill();
    }
  }
}
