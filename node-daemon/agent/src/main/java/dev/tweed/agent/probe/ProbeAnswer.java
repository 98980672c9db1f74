package dev.tweed.agent.probe;

import dev.tweed.ip.IpAddress;
import java.util.Objects;

/**
 * What is said of a probe.
 *
 * @param destination where the probe was sent
 * @param tag what it began with
 * @param news what became of it
 */
record ProbeAnswer(IpAddress destination, long tag, News news) {

  /** What became of a probe. */
  sealed interface News {
    /** The peer has it. */
    record Arrived() implements News {}

    /** A host refuses it. */
    record Refused(IpAddress offender) implements News {}

    /** It is larger than what a host on the way passes on. */
    record TooBig(int mtu) implements News {}

    /**
     * It did not leave this host, for a reason that is no matter of pods.
     *
     * @param refused whether somebody here refuses to send it, as a firewall's chain OUTPUT does
     */
    record NotSent(boolean refused) implements News {}
  }

  ProbeAnswer {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(news, "news");
  }
}
