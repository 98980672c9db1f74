package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceDiff;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PolicyProgram;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code NAME-in.yaml} is what people and kubelets have written, {@code NAME-out.yaml} what the
 * operator makes of it. {@code -Dtweed.golden=write} writes the outputs anew; read the difference
 * before you commit it.
 */
class GoldenPoliciesTest {
  private static final Path ROOT = Path.of("src/test/resources/networkpolicy");
  private static final String IN = "-in.yaml";
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  static Stream<String> situations() throws IOException {
    try (Stream<Path> files = Files.list(ROOT)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(IN))
          .map(f -> f.substring(0, f.length() - IN.length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("situations")
  void theObjectsAreAsWritten(String situation) throws IOException {
    PolicyIndex index = new PolicyIndex();
    Set<String> nodes = new HashSet<>();
    for (String document : Files.readString(ROOT.resolve(situation + IN)).split("(?m)^---$")) {
      add(index, nodes, YAML.unmarshal(document));
    }
    index.nodes(nodes);

    String text = text(index);

    Path out = ROOT.resolve(situation + "-out.yaml");
    if ("write".equals(System.getProperty("tweed.golden"))) {
      Files.writeString(out, text);
    }
    assertThat(text).isEqualTo(Files.readString(out));
  }

  private static void add(PolicyIndex index, Set<String> nodes, HasMetadata object) {
    String key = object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    switch (object) {
      case Node node -> nodes.add(node.getMetadata().getName());
      case Namespace namespace ->
          index.namespace(
              namespace.getMetadata().getName(), Optional.of(namespace.getMetadata().getLabels()));
      case Pod pod -> index.pod(key, Optional.of(PodReader.read(pod)));
      case NetworkPolicy policy -> index.policy(key, Optional.of(NetworkPolicyReader.read(policy)));
      case GenericKubernetesResource policy ->
          index.policy(key, Optional.of(ClusterNetworkPolicyReader.read(policy)));
      default -> throw new AssertionError(object);
    }
  }

  private static String text(PolicyIndex index) {
    List<HasMetadata> objects = new ArrayList<>();
    PolicyIndex.Touched all = index.everything();
    for (String set : new TreeSet<>(all.sets())) {
      add(objects, PeerSliceDiff.diff(set, List.of(), index.members(set)));
    }
    for (String name : new TreeSet<>(all.programs())) {
      PolicyProgram program = new PolicyProgram();
      program.getMetadata().setName(name);
      program.setSpec(index.program(name).orElseThrow());
      objects.add(program);
    }
    for (String name : new TreeSet<>(all.nodes())) {
      NodePolicy node = new NodePolicy();
      node.getMetadata().setName(name);
      index.node(name).ifPresent(node::setSpec);
      objects.add(node);
    }
    PolicyIndex.Waiting waiting = index.waiting();
    add(
        objects,
        waiting.all()
            ? PeerSliceDiff.allNamespaces(List.of())
            : PeerSliceDiff.diff(PeerSliceName.NAMESPACES, List.of(), waiting.hashes()));
    StringBuilder text = new StringBuilder();
    objects.forEach(o -> text.append(YAML.asYaml(o)));
    for (String name : new TreeSet<>(all.outlooks())) {
      PolicyOutlook outlook = index.outlook(name).orElseThrow();
      text.append(
          "# %s, generation %d, is %s; pods by node: %s%n"
              .formatted(
                  outlook.name(), outlook.generation(), name, new TreeMap<>(outlook.pods())));
      outlook.unread().forEach(u -> text.append("#   %s%n".formatted(u)));
    }
    return text.toString();
  }

  private static void add(List<HasMetadata> objects, List<PeerSliceDiff.Write> writes) {
    for (PeerSliceDiff.Write write : writes) {
      PeerSliceDiff.Put put = (PeerSliceDiff.Put) write;
      PeerSlice slice = new PeerSlice();
      slice.getMetadata().setName(put.name().toString());
      slice.setSpec(put.spec());
      objects.add(slice);
    }
  }
}
