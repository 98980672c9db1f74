package dev.tweed.agent.probe;

import dev.tweed.ip.IpAddress;
import java.util.Objects;

/**
 * What is said of a probe.
 *
 * @param destination where the probe was sent
 * @param tag what it began with
 * @param outcome what became of it
 */
record ProbeAnswer(IpAddress destination, long tag, Outcome outcome) {

  /** What became of a probe. */
  sealed interface Outcome {
    /** The peer has it. */
    record Arrived() implements Outcome {}

    /** A host refuses it. */
    record Refused(IpAddress offender) implements Outcome {}

    /** It is larger than what a host on the way passes on. */
    record TooBig(int mtu) implements Outcome {}

    /**
     * It did not leave this host, for a reason that is no matter of pods.
     *
     * @param refused whether somebody here refuses to send it, as a firewall's chain OUTPUT does
     */
    record NotSent(boolean refused) implements Outcome {}
  }

  ProbeAnswer {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(outcome, "outcome");
  }
}
