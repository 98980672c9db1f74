package dev.tweed.dataplane.plan;

import dev.tweed.netlink.NetlinkError;
import java.util.Objects;

/**
 * A step that did not succeed.
 *
 * @param change what was tried
 * @param cause why not
 */
public record ChangeFailure(StateChange change, Cause cause) {
  /** Refuses nulls. */
  public ChangeFailure {
    Objects.requireNonNull(change, "change");
    Objects.requireNonNull(cause, "cause");
  }

  /** Why a step did not succeed. */
  public sealed interface Cause {

    /** The kernel refused it. */
    record Refused(NetlinkError error) implements Cause {}

    /** There is no such sysctl. */
    record NoSuchSysctl() implements Cause {}

    /**
     * The sysctl could not be written.
     *
     * @param message what the system said
     */
    record NotWritable(String message) implements Cause {}

    /**
     * The kernel does not take this value for the sysctl.
     *
     * @param message what the system said
     */
    record BadValue(String message) implements Cause {}

    /**
     * nft did not do it.
     *
     * @param message what it said
     */
    record NftRefused(String message) implements Cause {}

    /**
     * The tunnel's filter could not be changed.
     *
     * @param message why
     */
    record FilterRefused(String message) implements Cause {}

    /** The device it needs is not there. */
    record NoDevice() implements Cause {}

    /** The kernel took it each time, and it is not there. */
    record NotKept() implements Cause {}
  }
}
