package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What README and docs say exists, and what they tell people to apply is accepted. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class DocumentationTest {
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:\\s]+)(#[^)]*)?\\)");
  private static final Pattern ANCHOR = Pattern.compile("]\\(([^)#:\\s]*)#([^)\\s]+)\\)");
  private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
  private static final Pattern CONSTANT =
      Pattern.compile("(?m)^ +([A-Z]\\w+)\\((?:(?:Severity|ConditionStatus)\\.\\w+|true|false)\\)");

  /** Not a part of a longer text. */
  private static final Pattern FIREWALL_REASON =
      Pattern.compile("(?<![+] )\"([A-Z][A-Za-z]*[a-z][A-Z][a-z]+|Locked)\"");

  private final ChartCluster cluster;

  DocumentationTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  static Stream<Path> pages() throws IOException {
    Path root = ChartTools.repository();
    try (Stream<Path> docs = Files.walk(root.resolve("docs"))) {
      return Stream.concat(
          Stream.of(root.resolve("README.md"), root.resolve("CHANGELOG.md")),
          docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    List<String> broken =
        LINK.matcher(Files.readString(page))
            .results()
            .map(match -> match.group(1))
            .filter(target -> !Files.exists(page.resolveSibling(target)))
            .toList();

    assertThat(broken).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void anchorsLeadSomewhere(Path page) {
    assertThat(brokenAnchors(page, read(page))).isEmpty();
  }

  private static List<String> brokenAnchors(Path page, String text) {
    return ANCHOR
        .matcher(text)
        .results()
        .filter(
            match -> {
              Path target = match.group(1).isEmpty() ? page : page.resolveSibling(match.group(1));
              return !anchors(read(target)).contains(match.group(2));
            })
        .map(match -> match.group(1) + "#" + match.group(2))
        .toList();
  }

  /** As GitHub and GitLab make them. */
  private static List<String> anchors(String page) {
    return page.lines()
        .filter(line -> line.matches("#+ .*"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }

  /** An alert that names a metric nobody has is silent for ever. */
  @Test
  void alertsAreAboutMetricsThatExistAndLeadToWhatToDo() {
    Path root = ChartTools.repository();
    String alerts = read(root.resolve("helm/files/alerts.yaml"));
    String metrics = read(root.resolve("docs/monitoring.md"));
    Pattern metric = Pattern.compile("\\btweed_\\w+");
    Pattern runbook = Pattern.compile("runbook_url: docs/troubleshooting.md#(\\S+)");

    assertThat(metric.matcher(alerts).results().map(MatchResult::group))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(metrics).containsPattern("`" + name + "[{`]"));
    assertThat(runbook.matcher(alerts).results().map(match -> match.group(1)))
        .hasSize(alerts.split("- alert:").length - 1)
        .isSubsetOf(anchors(read(root.resolve("docs/troubleshooting.md"))));
  }

  static Stream<String> objects() throws IOException {
    return pages()
        .flatMap(page -> YAML.matcher(read(page)).results())
        .map(match -> match.group(1))
        .filter(yaml -> yaml.contains("apiVersion: tweed.dev/"));
  }

  @ParameterizedTest
  @MethodSource("objects")
  void objectsShownAreAcceptedAndInSync(String yaml) throws IOException {
    assertThat(drift(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"podnetwork.yaml", "firewallpolicy.yaml"})
  void examplesAreAcceptedAndInSync(String file) throws IOException {
    String example = read(ChartTools.repository().resolve("docs/examples").resolve(file));

    assertThat(drift(example)).isEmpty();
  }

  @Test
  void kustomizeOverlayReplacesBothImages() {
    String rendered =
        cluster
            .kubectl(
                "kustomize", ChartTools.repository().resolve("docs/examples/kustomize").toString())
            .text();

    assertThat(rendered)
        .contains(
            "image: registry.example.org/tweed/operator:",
            "image: registry.example.org/tweed/node:")
        .doesNotContain("registry.invalid");
    assertThat(dryRun(rendered)).contains("daemonset.apps/tweed-node");
  }

  /** The values that the examples give are values of the chart. */
  @ParameterizedTest
  @CsvSource({
    "argocd-application.yaml,    /spec/source/helm/valuesObject",
    "argocd-applicationset.yaml, /spec/template/spec/source/helm/valuesObject",
    "flux.yaml,                  /spec/values"
  })
  void gitOpsExampleFitsTheChart(String file, String pointer) throws IOException {
    List<String> values =
        Stream.of(
                read(ChartTools.repository().resolve("docs/examples/gitops").resolve(file))
                    .split("(?m)^---$"))
            .map(document -> Serialization.unmarshal(document, JsonNode.class).at(pointer))
            .filter(JsonNode::isObject)
            // What an ApplicationSet fills in.
            .map(found -> found.toString().replaceAll("\\{\\{.*?}}", "10.97.0.0/16"))
            .toList();

    assertThat(values).hasSize(1);
    Program.Outcome rendered =
        Program.run(
            List.of(
                ChartTools.helm().toString(),
                "template",
                "tweed",
                ChartTools.chart().toString(),
                "--values=-"),
            java.util.Map.of(),
            values.getFirst());
    assertThat(rendered.text()).contains("registry.example.org/tweed/node:");
    List<String> networks =
        Stream.of(rendered.text().split("(?m)^---$"))
            .filter(document -> document.contains("\nkind: PodNetwork\n"))
            .toList();
    assertThat(networks).hasSize(1);
    assertThat(drift(networks.getFirst())).isEmpty();
  }

  /** A wave waits until all before it is healthy: one node that is down would hold up the rest. */
  @Test
  void examplesAndChartHaveNoSyncWaves() throws IOException {
    try (Stream<Path> files =
        Stream.concat(
            Files.walk(ChartTools.chart()),
            Files.walk(ChartTools.repository().resolve("docs/examples")))) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allSatisfy(file -> assertThat(read(file)).doesNotContain("sync-wave"));
    }
  }

  /** YAML takes a bare {@code Off} for false, and the API server refuses that. */
  @Test
  void wordsThatYamlTakesForBooleansHaveQuotes() throws IOException {
    try (Stream<Path> files =
        Stream.concat(
            pages(),
            Stream.concat(
                Files.walk(ChartTools.chart()),
                Files.walk(ChartTools.repository().resolve("docs/examples"))))) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allSatisfy(file -> assertThat(read(file)).doesNotContainPattern("fastPath: +[Oo]ff\\b"));
    }
  }

  @Test
  void everyChartValueIsInTheReference() throws IOException {
    JsonNode schema =
        new ObjectMapper().readTree(ChartTools.chart().resolve("values.schema.json").toFile());
    String reference = read(ChartTools.repository().resolve("docs/configuration.md"));

    assertThat(leaves("", schema)).allSatisfy(v -> assertThat(reference).contains("`" + v + "`"));
  }

  private static List<String> leaves(String path, JsonNode schema) {
    boolean closed = schema.path("additionalProperties").isBoolean();
    if (!schema.has("properties") || !closed || path.endsWith(".resources")) {
      return List.of(path);
    }
    List<String> found = new ArrayList<>();
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String name = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
              if (!name.equals("global")) {
                found.addAll(leaves(name, property.getValue()));
              }
            });
    return found;
  }

  /** Whatever a node can complain of, people find what to do about it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "node-daemon/dataplane/src/main/java/dev/tweed/dataplane/Reason.java",
        "node-daemon/agent/src/main/java/dev/tweed/agent/finding/AgentReason.java",
        "node-daemon/agent/src/main/java/dev/tweed/agent/cluster/Connected.java",
        "node-daemon/agent/src/main/java/dev/tweed/agent/status/Reachable.java",
        "node-daemon/firewall/src/main/java/dev/tweed/firewall/rules/PolicyReason.java"
      })
  void everyReasonOfANodeIsInTroubleshooting(String source) {
    List<String> reasons =
        CONSTANT
            .matcher(read(ChartTools.repository().resolve(source)))
            .results()
            .map(match -> match.group(1))
            .toList();
    String page = read(ChartTools.repository().resolve("docs/troubleshooting.md"));

    assertThat(reasons).isNotEmpty().allSatisfy(r -> assertThat(page).contains("`" + r + "`"));
  }

  @Test
  void everyReasonOfAPodNetworkIsInTroubleshooting() {
    List<String> reasons =
        Stream.of(
                "status/PodNetworkStatusMapper",
                "status/ReachMapper",
                "allocation/Shortfall",
                "cluster/AllocationFault")
            .map(
                source ->
                    read(
                        ChartTools.repository()
                            .resolve(
                                "operator/src/main/java/dev/tweed/operator/%s.java"
                                    .formatted(source))))
            .flatMap(
                source ->
                    Pattern.compile(
                            "\"((?:[A-Z][a-z]+){2,}(?:IP|CIDR\\w*)?)\"|(?m)^  ([A-Z]\\w+)\\(\\s*\"")
                        .matcher(source)
                        .results())
            .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
            .distinct()
            .toList();
    String page = read(ChartTools.repository().resolve("docs/troubleshooting.md"));

    assertThat(reasons)
        .contains("PoolExhausted", "PodCIDRDiffers", "WaitingForPodCIDR", "NodesUnreachable")
        .allSatisfy(reason -> assertThat(page).contains("`" + reason + "`"));
  }

  @Test
  void everyReasonTheOperatorGivesForAFirewallPolicyIsInTroubleshooting() {
    Path operator = ChartTools.repository().resolve("operator/src/main/java/dev/tweed/operator");
    List<String> reasons =
        Stream.of(
                "status/FirewallPolicyStatusMapper.java",
                "policy/PolicyValidator.java",
                "policy/PolicyTally.java")
            .flatMap(
                file ->
                    Pattern.compile("\"((?:[A-Z][a-z]+){2,}|Pending)\"")
                        .matcher(read(operator.resolve(file)))
                        .results()
                        .map(match -> match.group(1)))
            .distinct()
            .toList();
    String page = read(ChartTools.repository().resolve("docs/troubleshooting.md"));

    assertThat(reasons)
        .contains("Pending", "AppliedEverywhere", "LabelNotMirrored", "NotApplied")
        .allSatisfy(reason -> assertThat(page).contains("`" + reason + "`"));
  }

  /** What a firewall, or the choice of one, gives as a reason for a policy not to be in force. */
  @Test
  void everyReasonOfAFirewallIsInTroubleshooting() throws IOException {
    Path daemon = ChartTools.repository().resolve("node-daemon");
    List<String> reasons = new ArrayList<>();
    for (String sources :
        List.of("firewall/src/main/java", "agent/src/main/java/dev/tweed/agent/firewall")) {
      try (Stream<Path> files = Files.walk(daemon.resolve(sources))) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            // D-Bus has methods by such names.
            .filter(file -> !file.getParent().endsWith("dbus"))
            .flatMap(file -> FIREWALL_REASON.matcher(read(file)).results())
            .map(match -> match.group(1))
            .forEach(reasons::add);
      }
    }
    String page = read(ChartTools.repository().resolve("docs/troubleshooting.md"));

    assertThat(reasons)
        .contains("Locked", "FileNotUnderstood", "HostToolsNeeded", "DisplacedByHand")
        .allSatisfy(reason -> assertThat(page).contains("`" + reason + "`"));
  }

  /** What Argo CD would say of the object for as long as nobody changes it. */
  private List<String> drift(String yaml) throws IOException {
    String stored =
        cluster
            .kubectlWithInput(
                yaml,
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "-ojson",
                "-f",
                "-")
            .text();
    // Not by way of the records: those fill in what the manifest leaves out.
    return SyncDiff.between(
        Serialization.unmarshal(yaml, JsonNode.class), new ObjectMapper().readTree(stored));
  }

  private String dryRun(String yaml) {
    return cluster
        .kubectlWithInput(
            yaml, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")
        .text();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
