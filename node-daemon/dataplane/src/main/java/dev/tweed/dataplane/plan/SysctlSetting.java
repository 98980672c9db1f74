package dev.tweed.dataplane.plan;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A sysctl that should have a certain value.
 *
 * @param path its file below /proc/sys/net, such as {@code ipv4/ip_forward}
 * @param rule which values are right
 * @param absence what it means when there is no such file
 * @param need whether pods would not work without it
 */
public record SysctlSetting(String path, Rule rule, Absence absence, Need need) {
  /** Refuses nulls. */
  public SysctlSetting {
    Objects.requireNonNull(need, "need");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(absence, "absence");
  }

  /** How much depends on a setting. */
  public enum Need {
    /** Pods would not work as they should. */
    REQUIRED,
    /** Of use on some kernels, or to something that pods do not depend on. */
    WISHED,
    /** Asked for by name, in the PodNetwork. */
    ASKED
  }

  /** What it means when the file is not there. */
  public enum Absence {
    /** The kernel has no such thing, so nothing to set. */
    FINE,
    /** The br_netfilter module is not loaded. */
    BRIDGE_NETFILTER_MISSING,
    /** The setting was asked for and does not exist. */
    UNKNOWN
  }

  /** Which values are right. */
  public sealed interface Rule {

    /** This one. */
    record Exactly(String value) implements Rule {}

    /** At least this number. */
    record AtLeast(long value) implements Rule {}

    /** Anything but {@code avoided}, in whose place {@code instead} is written. */
    record AnyBut(String avoided, String instead) implements Rule {}

    /**
     * Reverse path filtering that is not strict. The kernel takes the larger of this value and that
     * of {@code allPath} (IN_DEV_RPFILTER, include/linux/inetdevice.h), so loose (2) always wins.
     */
    record NotStrict(String allPath) implements Rule {}
  }

  /**
   * What to write.
   *
   * @param actual the value of the file now
   * @param others the values of other files
   * @return empty when the value is right
   */
  public Optional<String> toWrite(String actual, Function<String, Optional<String>> others) {
    return switch (rule) {
      case Rule.Exactly exactly ->
          actual.equals(exactly.value()) ? Optional.empty() : Optional.of(exactly.value());
      case Rule.AtLeast least ->
          number(actual) >= least.value()
              ? Optional.empty()
              : Optional.of(Long.toString(least.value()));
      case Rule.AnyBut but ->
          actual.equals(but.avoided()) ? Optional.of(but.instead()) : Optional.empty();
      case Rule.NotStrict loose -> {
        long all = others.apply(loose.allPath()).map(SysctlSetting::number).orElse(0L);
        yield Math.max(all, number(actual)) == 1 ? Optional.of("2") : Optional.empty();
      }
    };
  }

  /**
   * Whether it has to be written.
   *
   * @param values of the files, by path; of none that are not there
   */
  public boolean isWrong(Function<String, Optional<String>> values) {
    return values
        .apply(path)
        .map(value -> toWrite(value, values).isPresent())
        .orElse(absence != Absence.FINE);
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notOne) {
      return 0;
    }
  }
}
