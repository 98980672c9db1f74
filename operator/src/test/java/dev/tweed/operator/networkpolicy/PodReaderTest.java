package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodReaderTest {

  /** The runtime knows a static pod by the kubelet's UID; a pod's maker can write what it likes. */
  @ParameterizedTest
  @CsvSource({
    "0123456789abcdef0123456789abcdef, 0123456789abcdef0123456789abcdef",
    "11111111-2222-3333-4444-555555555555, own",
    "'', own",
  })
  void theUidOfAMirrorIsThatOfItsStaticPod(String mirror, String uid) {
    assertThat(
            PodReader.read(
                    new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("kube-system")
                        .withName("dns")
                        .withUid("own")
                        .addToAnnotations("kubernetes.io/config.mirror", mirror)
                        .endMetadata()
                        .build())
                .uid())
        .isEqualTo(uid);
  }
}
