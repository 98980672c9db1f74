package dev.tweed.netlink;

/** What a routing rule does with a packet it selects ({@code FR_ACT_*}, linux/fib_rules.h). */
public enum RuleAction {
  /** Look into a table. */
  LOOKUP(1),
  /** Go on with a later rule. */
  GOTO(2),
  /** Nothing: a place to go to. */
  NOP(3),
  /** Drop in silence. The kernel does so for what it does not know (fib4_rule_action()). */
  BLACKHOLE(6),
  /** Drop with ICMP unreachable. */
  UNREACHABLE(7),
  /** Drop with ICMP prohibited. */
  PROHIBIT(8);

  private final int number;

  RuleAction(int number) {
    this.number = number;
  }

  /** The {@code FR_ACT_*} number. */
  public int number() {
    return number;
  }

  /** The action of a number; {@link #BLACKHOLE} for others, as in the kernel. */
  public static RuleAction of(int number) {
    for (RuleAction action : values()) {
      if (action.number == number) {
        return action;
      }
    }
    return BLACKHOLE;
  }
}
