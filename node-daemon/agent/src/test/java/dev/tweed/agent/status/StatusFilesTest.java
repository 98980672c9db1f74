package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusFilesTest {

  @TempDir Path run;

  @Test
  void whatIsWrittenIsRead() throws IOException {
    NodeStatus status = Statuses.failed(Statuses.blocking(), Statuses.notable());

    new StatusFiles(run).write(status);

    assertThat(new StatusFiles(run).read()).hasValue(status);
    assertThat(run.resolve("status")).hasContent(StatusText.render(status));
  }

  @Test
  void whatProbesFoundIsRead() throws IOException {
    NodeStatus status = Statuses.probed(Statuses.nobodyAnswers());

    new StatusFiles(run).write(status);

    assertThat(new StatusFiles(run).read()).hasValue(status);
    assertThat(new StatusFiles(run).read().orElseThrow().ready()).isFalse();
  }

  @Test
  void emptyPartsSurviveToo() throws IOException {
    new StatusFiles(run).write(Statuses.idle());

    assertThat(new StatusFiles(run).read()).hasValue(Statuses.idle());
  }

  @Test
  void aFileThatCannotBeReadIsNoState() throws IOException {
    Files.writeString(run.resolve("status.json"), "{\"state\":\"FROM_THE_FUTURE\"}");

    assertThat(new StatusFiles(run).read()).isEmpty();
  }
}
