package dev.tweed.crds.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiServerDirectoryTest {

  @Test
  void thePropertyNamesTheDirectoryBeforeTheEnvironmentDoes() {
    Map<String, String> property = Map.of("tweed.kubeApiTestDir", "/a", "user.home", "/home/u");
    Map<String, String> environment = Map.of("TWEED_KUBE_API_TEST_DIR", "/b", "TWEED_CACHE", "/c");

    assertThat(ApiServer.configured(property::get, environment::get)).isEqualTo(Path.of("/a"));
  }

  @Test
  void theCacheIsTheLastResort() {
    Map<String, String> property = Map.of("user.home", "/home/u");

    assertThat(ApiServer.configured(property::get, Map.of("TWEED_CACHE", "/c")::get))
        .isEqualTo(Path.of("/c/kube-api-test"));
    assertThat(ApiServer.configured(property::get, Map.<String, String>of()::get))
        .isEqualTo(Path.of("/home/u/.cache/tweed/kube-api-test"));
  }
}
