package dev.tweed.agent.finding;

/** Status of a condition, as metav1.Condition writes it. */
public enum ConditionStatus {
  True,
  False,
  Unknown
}
