package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the API server says to each file in {@code src/test/resources/<kind>}. {@code valid-*} is
 * accepted; {@code invalid-*} is refused with the text after {@code # expect:}. A file of two
 * documents is an update: the first is there, the second is applied over it.
 */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ManifestFilesTest {

  private static final Path RESOURCES =
      Path.of(System.getProperty("tweed.repository"), "crds/src/test/resources");

  /** One file; named by its path in the report. */
  record Sample(Path file) {
    List<String> documents() {
      return Arrays.stream(text().split("(?m)^---$")).toList();
    }

    List<String> expected() {
      return text()
          .lines()
          .filter(line -> line.startsWith("# expect: "))
          .map(line -> line.substring("# expect: ".length()))
          .toList();
    }

    private String text() {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String toString() {
      return RESOURCES.relativize(file).toString();
    }
  }

  static List<Sample> valid() throws IOException {
    return samples("valid-");
  }

  static List<Sample> invalid() throws IOException {
    return samples("invalid-");
  }

  private static List<Sample> samples(String prefix) throws IOException {
    try (Stream<Path> files = Files.walk(RESOURCES)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(prefix))
          .sorted()
          .map(Sample::new)
          .toList();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void valid(Sample sample, KubernetesClient client) {
    try {
      GenericKubernetesResource accepted = write(client, sample);

      assertThat(accepted.getMetadata().getUid()).isNotBlank();
    } finally {
      delete(client, sample);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void invalid(Sample sample, KubernetesClient client) {
    try {
      KubernetesClientException refusal =
          catchThrowableOfType(KubernetesClientException.class, () -> write(client, sample));

      assertThat(refusal).as("what the API server says").isNotNull();
      assertThat(sample.expected()).as("lines '# expect:' in the file").isNotEmpty();
      assertThat(refusal.getStatus().getMessage()).contains(sample.expected());
    } finally {
      delete(client, sample);
    }
  }

  private static GenericKubernetesResource write(KubernetesClient client, Sample sample) {
    List<String> documents = sample.documents();
    return documents.size() == 1
        ? create(client, documents.getFirst())
        : update(client, create(client, documents.getFirst()), documents.getLast());
  }

  /** Sent as it stands in the file: the records would leave out fields they do not know. */
  private static GenericKubernetesResource create(KubernetesClient client, String document) {
    return client.resource(parse(client, document)).fieldValidation(Validation.STRICT).create();
  }

  private static GenericKubernetesResource update(
      KubernetesClient client, GenericKubernetesResource old, String document) {
    GenericKubernetesResource changed = parse(client, document);
    changed.getMetadata().setResourceVersion(old.getMetadata().getResourceVersion());
    return client.resource(changed).fieldValidation(Validation.STRICT).update();
  }

  private static GenericKubernetesResource parse(KubernetesClient client, String document) {
    return client.getKubernetesSerialization().unmarshal(document, GenericKubernetesResource.class);
  }

  private static void delete(KubernetesClient client, Sample sample) {
    client.resource(parse(client, sample.documents().getFirst())).delete();
  }
}
