package dev.tweed.agent.policy;

import dev.tweed.enforce.kernel.PolicyKernel;
import dev.tweed.enforce.kernel.PolicyTableWriter;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.policy.NodeState;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table of network policies: compiled, written, and read back when somebody has changed any.
 * Methods throw {@link NetlinkException} where the kernel does not take it. Used by one thread.
 */
final class PolicyTableSync {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyTableSync.class);

  /** Everything is read back at most this often, unless that is quick. */
  private static final Duration AUDIT_PAUSE = Duration.ofSeconds(1);

  private static final Duration QUICK = Duration.ofMillis(20);

  private final PolicyKernel kernel;
  private final PolicySync.Listener listener;
  private final LongSupplier nanoTime;
  private OptionalInt log;
  private PolicyTableCompiler closed;
  private PolicyTableCompiler open;
  private Optional<Long> auditedAt = Optional.empty();
  private long auditNanos;

  /**
   * @param log group of the packet log for some of what is dropped; empty is none
   */
  PolicyTableSync(
      PolicyKernel kernel, PolicySync.Listener listener, OptionalInt log, LongSupplier nanoTime) {
    this.kernel = kernel;
    this.listener = listener;
    this.nanoTime = nanoTime;
    compilers(log);
  }

  private void compilers(OptionalInt log) {
    this.log = log;
    closed = new PolicyTableCompiler(false, log);
    open = new PolicyTableCompiler(true, log);
  }

  CompiledPolicies compile(NodeState state, boolean startsOpen) {
    return (startsOpen ? open : closed).compile(state);
  }

  /** Writes it; without what logs, where the kernel has not got that (nft_log, nft_limit). */
  CompiledPolicies write(CompiledPolicies compiled, NodeState state, boolean startsOpen) {
    PolicyTableWriter.Outcome outcome = kernel.write(compiled);
    if (log.isEmpty() || outcome.refusal().filter(r -> isUnknown(r.error())).isEmpty()) {
      require(outcome);
      return compiled;
    }
    LOG.info("what network policies drop is counted and not logged: {}", outcome.refusal());
    compilers(OptionalInt.empty());
    return write(compile(state, startsOpen), state, startsOpen);
  }

  private static boolean isUnknown(NetlinkError error) {
    return error.errno() == Errno.ENOENT || error.errno() == Errno.EOPNOTSUPP;
  }

  /** Reads it back and repairs it, if need be; how long that has to wait, if it has. */
  Optional<Duration> audit() {
    if (!kernel.isChanged()) {
      return Optional.empty();
    }
    long begin = nanoTime.getAsLong();
    long left = auditedAt.map(at -> AUDIT_PAUSE.toNanos() - (begin - at)).orElse(0L);
    if (left > 0 && auditNanos > QUICK.toNanos()) {
      return Optional.of(Duration.ofNanos(left));
    }
    PolicyTableWriter.Outcome outcome = kernel.audit();
    require(outcome);
    auditedAt = Optional.of(nanoTime.getAsLong());
    auditNanos = nanoTime.getAsLong() - begin;
    if (outcome.transactions() > 0) {
      LOG.warn("the table of network policies was changed by something else; it is repaired");
      listener.repaired();
    }
    return Optional.empty();
  }

  void remove() {
    if (kernel.remove()) {
      listener.changed();
      LOG.info("there is no network policy any more; the table is removed");
    }
  }

  private void require(PolicyTableWriter.Outcome outcome) {
    if (outcome.transactions() > 0) {
      listener.changed();
    }
    outcome
        .refusal()
        .ifPresent(
            r -> {
              throw new NetlinkException(
                  NetlinkException.Reason.REFUSED,
                  r.error().errno(),
                  r.error()
                      + r.request().map(q -> " to " + q.getClass().getSimpleName()).orElse(""));
            });
  }
}
