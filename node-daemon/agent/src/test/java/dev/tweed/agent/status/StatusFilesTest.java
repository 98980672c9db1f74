package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.PathTrace;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    Reachability nobody = Statuses.nobodyAnswers();
    Reachability seen =
        new Reachability(
            nobody.proof(),
            nobody.probed(),
            nobody.answered(),
            nobody.unreached().stream()
                .map(p -> p.lost(new PathTrace.Located(p.where(), "dropped by x on " + p.node())))
                .toList(),
            Map.of(IpPrefix.parse("10.244.2.0/24"), "n2", IpPrefix.parse("fd00:2::/64"), "n2"));
    NodeStatus status = Statuses.probed(seen);

    new StatusFiles(run).write(status);

    assertThat(new StatusFiles(run).read()).hasValue(status);
    assertThat(new StatusFiles(run).read().orElseThrow().ready()).isFalse();
    assertThat(run.resolve("status")).content().contains("dropped by x on n2");
  }

  @Test
  void howItStandsWithTheFastPathIsRead() throws IOException {
    NodeStatus status = Statuses.withFastPath(new FastPath("Off", "KernelTooOld", "too old"));

    new StatusFiles(run).write(status);

    assertThat(new StatusFiles(run).read()).hasValue(status);
  }

  @Test
  void sinceWhenNothingWasHeardIsRead() throws IOException {
    new StatusFiles(run).write(Statuses.deaf());

    assertThat(new StatusFiles(run).read()).hasValue(Statuses.deaf());
  }

  @Test
  void emptyPartsSurviveToo() throws IOException {
    new StatusFiles(run).write(Statuses.idle());

    assertThat(new StatusFiles(run).read()).hasValue(Statuses.idle());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"state\":\"FROM_THE_FUTURE\"}", "{\"findings\":[null]}", "{", ""})
  void aFileThatCannotBeReadIsNoState(String content) throws IOException {
    Files.writeString(run.resolve("status.json"), content);

    assertThat(new StatusFiles(run).read()).isEmpty();
  }
}
