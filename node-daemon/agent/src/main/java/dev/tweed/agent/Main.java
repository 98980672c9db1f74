package dev.tweed.agent;

import dev.tweed.agent.command.TweedNode;

/** Entry point of the node daemon and of its command line. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(TweedNode.execute(args));
  }
}
