package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeAnswer.News;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Waits less, for a prober whose clock runs faster than the test's.
 *
 * @param speed how many times as fast
 */
record FastWire(ProbeWire wire, int speed) implements ProbeWire {

  @Override
  public void from(List<ProbeTargets.Source> sources) {
    wire.from(sources);
  }

  @Override
  public Optional<News.NotSent> send(Probing.Probe probe) {
    return wire.send(probe);
  }

  @Override
  public void await(Duration time) {
    wire.await(time.dividedBy(speed));
  }

  @Override
  public void drain(Consumer<ProbeAnswer> taker) {
    wire.drain(taker);
  }

  @Override
  public void wakeUp() {
    wire.wakeUp();
  }

  @Override
  public void close() {
    wire.close();
  }
}
