package dev.tweed.policy.oracle;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/**
 * The engine of cyclonus (github.com/mattfenwick/cyclonus), a truth table of NetworkPolicies that
 * nobody here wrote, as the program that {@code ./dev} builds from {@code e2e/bed/cyclonus}.
 *
 * <p>It knows of pods, namespaces, labels and addresses, and nothing of nodes: not that a pod's own
 * node and the pod itself are always let through, and not that a node has several addresses.
 */
final class Cyclonus implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter questions;
  private final BufferedReader answers;

  private Cyclonus(Path program) throws IOException {
    process =
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    questions = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts the program that the system property {@code tweed.cyclonus} names. Without it the test
   * is skipped, and fails where tests may not be skipped.
   */
  static Cyclonus start() {
    String program = System.getProperty("tweed.cyclonus", "");
    if (program.isBlank() || !Files.isExecutable(Path.of(program))) {
      String missing = "no cyclonus at '" + program + "'; ./dev test api-server builds it";
      if (!program.isBlank() || "true".equals(System.getenv("TWEED_TEST_MAY_NOT_SKIP"))) {
        throw new AssertionError(missing);
      }
      throw new TestAbortedException(missing);
    }
    try {
      return new Cyclonus(Path.of(program));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What it makes of every connection.
   *
   * @param ends who may open and who may answer
   * @param ports at the end that answers
   */
  Table judge(Cluster cluster, List<End> ends, List<Port> ports) {
    try {
      questions.write(JSON.writeValueAsString(question(cluster, ends, ports)));
      questions.newLine();
      questions.flush();
      String digits = answers.readLine();
      if (digits == null || digits.length() != ends.size() * ends.size() * ports.size()) {
        throw new AssertionError(
            "cyclonus has no table for " + question(cluster, ends, ports) + ": " + digits);
      }
      return new Table(digits, ends.size(), ports.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends with its input. */
  @Override
  public void close() {
    try (questions;
        answers) {
      questions.close();
      process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** One address, of a pod or of nobody it knows. */
  record End(IpAddress address, Optional<Pod> pod) {}

  /** Empty is a protocol without ports; then the number is 0. */
  record Port(Optional<Protocol> protocol, int number) {}

  /** Its answer, by the places of ends and ports in what was asked. */
  record Table(String digits, int ends, int ports) {
    boolean allows(Direction direction, int source, int destination, int port) {
      int digit = digits.charAt((source * ends + destination) * ports + port) - '0';
      return (digit & (direction == Direction.EGRESS ? 1 : 2)) != 0;
    }
  }

  private static Map<String, Object> question(Cluster cluster, List<End> ends, List<Port> ports) {
    return Map.of(
        "namespaces",
        cluster.namespaces().stream().collect(Collectors.toMap(Namespace::name, Namespace::labels)),
        "endpoints",
        ends.stream().map(Cyclonus::endpoint).toList(),
        "ports",
        ports.stream()
            .map(p -> port("", p.protocol().map(Protocol::name).orElse("ICMP"), p.number()))
            .toList(),
        "policies",
        cluster.networkPolicies().stream().map(Cyclonus::policy).toList());
  }

  private static Map<String, Object> endpoint(End end) {
    Map<String, Object> endpoint = new LinkedHashMap<>();
    endpoint.put("address", end.address().toString());
    end.pod()
        .ifPresent(
            pod -> {
              endpoint.put("namespace", pod.namespace());
              endpoint.put("labels", pod.labels());
              endpoint.put("ports", pod.namedPorts().stream().map(Cyclonus::port).toList());
            });
    return endpoint;
  }

  private static Map<String, Object> port(NamedPort port) {
    return port(port.name(), port.protocol().name(), port.number());
  }

  private static Map<String, Object> port(String name, String protocol, int number) {
    return Map.of("name", name, "protocol", protocol, "number", number);
  }

  /** As the API has it. */
  private static Map<String, Object> policy(NetworkPolicy policy) {
    return Map.of(
        "metadata",
        Map.of("name", policy.uid(), "namespace", policy.namespace()),
        "spec",
        Map.of(
            "podSelector",
            selector(policy.podSelector()),
            "policyTypes",
            policy.policyTypes().stream()
                .map(t -> t == Direction.INGRESS ? "Ingress" : "Egress")
                .toList(),
            "ingress",
            policy.ingress().stream().map(r -> rule(r, "from")).toList(),
            "egress",
            policy.egress().stream().map(r -> rule(r, "to")).toList()));
  }

  private static Map<String, Object> rule(NetworkPolicy.Rule rule, String side) {
    return Map.of(
        "ports",
        rule.ports().stream().map(Cyclonus::port).toList(),
        side,
        rule.peers().stream().map(Cyclonus::peer).toList());
  }

  private static Map<String, Object> port(PortMatch match) {
    return switch (match) {
      case PortMatch.Named named ->
          Map.of("protocol", named.protocol().orElseThrow().name(), "port", named.name());
      case PortMatch.Range range when range.first() == 0 && range.last() == 65535 ->
          Map.of("protocol", range.protocol().name());
      case PortMatch.Range range when range.first() == range.last() ->
          Map.of("protocol", range.protocol().name(), "port", range.first());
      case PortMatch.Range range ->
          Map.of(
              "protocol", range.protocol().name(), "port", range.first(), "endPort", range.last());
    };
  }

  private static Map<String, Object> peer(NetworkPolicy.Peer peer) {
    return switch (peer) {
      case NetworkPolicy.Pods pods -> {
        Map<String, Object> selectors = new LinkedHashMap<>();
        selectors.put("podSelector", selector(pods.podSelector()));
        pods.namespaceSelector().ifPresent(s -> selectors.put("namespaceSelector", selector(s)));
        yield selectors;
      }
      case NetworkPolicy.Block block -> Map.of("ipBlock", block(block.block().orElseThrow()));
    };
  }

  private static Map<String, Object> block(IpBlock block) {
    return Map.of(
        "cidr",
        block.cidr().toString(),
        "except",
        block.except().stream().map(IpPrefix::toString).toList());
  }

  /** A label with its value as people write that, and everything else as expressions. */
  private static Map<String, Object> selector(LabelSelector selector) {
    Map<String, String> labels = new LinkedHashMap<>();
    List<Map<String, Object>> expressions = new ArrayList<>();
    for (LabelSelector.Requirement requirement : selector.requirements()) {
      boolean label =
          requirement.operator() == LabelSelector.Operator.IN && requirement.values().size() == 1;
      if (!label
          || labels.putIfAbsent(requirement.key(), requirement.values().iterator().next())
              != null) {
        expressions.add(expression(requirement));
      }
    }
    return Map.of("matchLabels", labels, "matchExpressions", expressions);
  }

  private static Map<String, Object> expression(LabelSelector.Requirement requirement) {
    return Map.of(
        "key",
        requirement.key(),
        "operator",
        switch (requirement.operator()) {
          case IN -> "In";
          case NOT_IN -> "NotIn";
          case EXISTS -> "Exists";
          case DOES_NOT_EXIST -> "DoesNotExist";
        },
        "values",
        List.copyOf(requirement.values()));
  }
}
