package dev.tweed.firewall.ruleset;

/** Whether a rule matches a packet of which not everything is known. */
enum Answer {
  YES,
  NO,
  MAYBE;

  static Answer of(boolean yes) {
    return yes ? YES : NO;
  }

  Answer and(Answer other) {
    if (this == NO || other == NO) {
      return NO;
    }
    return this == YES && other == YES ? YES : MAYBE;
  }

  Answer negatedIf(boolean negate) {
    if (!negate || this == MAYBE) {
      return this;
    }
    return this == YES ? NO : YES;
  }
}
