package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Waits less, for a prober whose clock runs faster than the test's.
 *
 * @param speed how many times as fast
 */
record FastTransport(ProbeTransport transport, int speed) implements ProbeTransport {

  @Override
  public void from(List<ProbeTargets.Source> sources) {
    transport.from(sources);
  }

  @Override
  public Optional<Outcome.NotSent> send(ProbeScheduler.Probe probe) {
    return transport.send(probe);
  }

  @Override
  public boolean offloadsChecksums(String device) {
    return transport.offloadsChecksums(device);
  }

  @Override
  public void offloadChecksums(String device, boolean on) {
    transport.offloadChecksums(device, on);
  }

  @Override
  public void await(Duration time) {
    transport.await(time.dividedBy(speed));
  }

  @Override
  public void drain(Consumer<ProbeAnswer> taker) {
    transport.drain(taker);
  }

  @Override
  public void wakeUp() {
    transport.wakeUp();
  }

  @Override
  public void close() {
    transport.close();
  }
}
