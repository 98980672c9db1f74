package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Whatever rows there are, firewalld is told nothing that was not meant. */
class ModelPropertiesTest {

  private static final FirewalldConfig NOTHING = new FirewalldConfig(Map.of(), Map.of());
  private static final Set<String> ELEMENTS =
      Set.of(
          "policy",
          "zone",
          "short",
          "description",
          "rule",
          "source",
          "destination",
          "protocol",
          "port",
          "source-port",
          "icmp-type",
          "log",
          "limit",
          "accept",
          "drop",
          "reject",
          "interface",
          "ingress-zone",
          "egress-zone");

  @Property(tries = 300)
  void noInputMakesAnArgumentOfAnotherKind(@ForAll("groups") List<RuleGroup> groups) {
    for (Policy policy : ModelPlanner.plan(rows(groups), NOTHING).policies()) {
      assertThat(policy.name()).matches("tweed-(in|out|routed)-[0-9]+").hasSizeLessThan(19);
      assertThat(policy.texts())
          .allMatch(
              text ->
                  text.matches(
                      "rule priority=\"-[0-9]+\" family=\"ipv[46]\""
                          + "( source address=\"[0-9a-f.:]+/[0-9]+\")?"
                          + "( destination address=\"[0-9a-f.:]+/[0-9]+\")?"
                          + "( protocol value=\"[a-z0-9-]+\"| icmp-type name=\"[a-z-]+\""
                          + "| (source-)?port port=\"[0-9-]+\" protocol=\"(tcp|udp|sctp)\")?"
                          + "( log prefix=\"\\[TWEED (ALLOW|DENY|REJECT)] \" level=\"info\" limit"
                          + " value=\"3/m\")?"
                          + " (accept|drop|reject( type=\"tcp-reset\")?)"));
    }
  }

  @Property(tries = 200)
  void noInputMakesAnElementOfAnotherKind(@ForAll("groups") List<RuleGroup> groups)
      throws Exception {
    Model model = ModelPlanner.plan(rows(groups), NOTHING);
    for (Map.Entry<String, String> file : model.files().entrySet()) {
      assertThat(file.getKey()).matches("(policies|zones)/tweed[a-z0-9_-]+\\.xml");
      Element root =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(file.getValue())))
              .getDocumentElement();
      NodeList all = root.getElementsByTagName("*");
      for (int i = 0; i < all.getLength(); i++) {
        assertThat(ELEMENTS).contains(all.item(i).getNodeName());
      }
      String name = file.getKey().replaceAll(".*/|\\.xml", "");
      int rules = root.getElementsByTagName("rule").getLength();
      assertThat(rules)
          .isEqualTo(
              model.policies().stream()
                  .filter(policy -> policy.name().equals(name))
                  .mapToInt(policy -> policy.rules().size())
                  .sum());
    }
  }

  /**
   * Only in a policy of the same ends, before or after others, does the order of rows matter. Of
   * rows for ICMP and others {@link dev.tweed.firewall.rules.IcmpPrecedence} decides it.
   */
  @Property(tries = 300)
  void rowsThatDecideDifferentlyKeepTheirOrder(@ForAll("groups") List<RuleGroup> groups) {
    List<FilterRow> rows = rows(groups);
    Model model = ModelPlanner.plan(rows, NOTHING);

    for (int i = 0; i < rows.size(); i++) {
      for (int j = i + 1; j < rows.size(); j++) {
        FilterRow a = rows.get(i);
        FilterRow b = rows.get(j);
        if (a.direction() == b.direction()
            && a.action() != b.action()
            && a.protocol().isIcmp() == b.protocol().isIcmp()) {
          assertThat(first(model, a)).isLessThan(last(model, b));
        }
      }
    }
  }

  @Property(tries = 200)
  void aSecondPlanIsTheSame(
      @ForAll("groups") List<RuleGroup> before, @ForAll("groups") List<RuleGroup> after) {
    FirewalldConfig old = ModelListings.running(ModelPlanner.plan(rows(before), NOTHING));

    Model model = ModelPlanner.plan(rows(after), old);
    FirewalldConfig now = ModelListings.running(model);

    assertThat(ModelPlanner.plan(rows(after), now).files()).isEqualTo(model.files());
    assertThat(ModelDiff.hasFrame(model, now)).isTrue();
    assertThat(ModelDiff.rules(model, now)).isEmpty();
  }

  @Property(tries = 300)
  void everyDeviceHasAZoneThatIsOursAlone(@ForAll("devices") Set<String> devices) {
    Set<String> names = new TreeSet<>();
    for (String device : devices) {
      String name = DeviceZone.of(device).name();
      assertThat(name).hasSizeLessThanOrEqualTo(17).matches("[A-Za-z0-9_-]+");
      assertThat(DeviceZone.isOurs(name)).isTrue();
      assertThat(Policy.isOurs(name)).isFalse();
      names.add(name);
    }
    assertThat(names).hasSameSizeAs(devices);
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }

  @Provide
  Arbitrary<Set<String>> devices() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(1, 16_777_215).map(vni -> "tweed." + vni),
            Arbitraries.of("tweed-br0", "tweed-in-1", "tweed_1", "public", "cni0", "tweed-x0"),
            Arbitraries.strings().alpha().numeric().withChars("._-").ofMinLength(1).ofMaxLength(15))
        .set()
        .ofMaxSize(20);
  }

  private static List<FilterRow> rows(List<RuleGroup> groups) {
    return RuleCompiler.compile(groups).rows().stream()
        .filter(row -> RichRuleCompiler.unsupported(row).isEmpty())
        .toList();
  }

  private static long first(Model model, FilterRow row) {
    return places(model, row).min().orElseThrow();
  }

  private static long last(Model model, FilterRow row) {
    return places(model, row).max().orElseThrow();
  }

  /** Where among all rules a row's are. */
  private static java.util.stream.LongStream places(Model model, FilterRow row) {
    Set<RichRule> wanted = Set.copyOf(RichRuleCompiler.compile(row));
    Policy.Ends ends = ends(model, row);
    return IntStream.range(0, model.policies().size())
        .filter(index -> model.policies().get(index).ends().equals(ends))
        .boxed()
        .flatMapToLong(
            index ->
                model.policies().get(index).rules().stream()
                    .filter(rule -> wanted.contains(rule.rule()))
                    .mapToLong(rule -> (index + 1) * 100_000L + rule.priority()));
  }

  private static Policy.Ends ends(Model model, FilterRow row) {
    return switch (row.direction()) {
      case IN -> new Policy.Ends(zone(model, row.interfaceIn()), Policy.HOST);
      case OUT -> new Policy.Ends(Policy.HOST, zone(model, row.interfaceOut()));
      case ROUTED ->
          new Policy.Ends(zone(model, row.interfaceIn()), zone(model, row.interfaceOut()));
    };
  }

  private static String zone(Model model, Optional<String> device) {
    return device
        .map(DeviceZone::of)
        .filter(model.zones()::contains)
        .map(DeviceZone::name)
        .orElse(Policy.ANY);
  }
}
