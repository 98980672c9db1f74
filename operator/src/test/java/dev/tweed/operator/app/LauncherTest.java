package dev.tweed.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The image's launcher. */
class LauncherTest {

  @Test
  void theHeapFollowsTheContainersLimitAndOptionsOfPeopleComeLast() throws IOException {
    assertThat(options("-Xmx96m"))
        .contains(" -XX:MaxRAMPercentage=")
        .containsOnlyOnce("-Xmx")
        .matches("(?s).* -Xmx96m -jar /opt/tweed/quarkus-run.jar.*");
  }

  private static String options(String more) throws IOException {
    ProcessBuilder launcher = new ProcessBuilder("sh", "src/main/docker/tweed-operator");
    launcher.environment().put("TWEED_JAVA", "echo");
    launcher.environment().put("TWEED_JAVA_OPTS", more);
    launcher.environment().remove("TWEED_HOME");
    return new String(launcher.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
