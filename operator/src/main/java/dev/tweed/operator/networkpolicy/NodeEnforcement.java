package dev.tweed.operator.networkpolicy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a node says of the policies it enforces.
 *
 * @param programs that are in force, by name
 * @param fault why not everything is; empty where it is
 * @param missing programs and sets that pods need and that are not known there
 */
public record NodeEnforcement(
    Map<String, Program> programs, Optional<Fault> fault, List<String> missing) {
  public NodeEnforcement {
    programs = Map.copyOf(programs);
    Objects.requireNonNull(fault, "fault");
    missing = List.copyOf(missing);
  }

  /**
   * A program that is in force.
   *
   * @param generation of the policy
   * @param dropped packets
   */
  public record Program(long generation, long dropped) {}

  /** What is wrong, for machines and for people. */
  public record Fault(String reason, String message) {}
}
