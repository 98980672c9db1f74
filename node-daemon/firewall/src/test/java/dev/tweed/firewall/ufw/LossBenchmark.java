package dev.tweed.firewall.ufw;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Routed packets lost while ufw's rules change. The node denies what is not allowed, so a moment
 * without rules is a loss. Needs root, ufw, ping and python3, which ufw needs too; run as a main
 * class.
 */
final class LossBenchmark {

  private static final int CHANGES = 100;

  private LossBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path root = Files.createTempDirectory("loss-benchmark");
    try (UfwNode node = UfwNode.denying(root);
        RoutedFlows flows = RoutedFlows.through(node.netns())) {
      node.ufw("route allow in on " + RoutedFlows.IN + " out on " + RoutedFlows.OUT);
      node.apply(SampleRows.many(CHANGES, 1)); // classes loaded, kernel modules too
      Runnable changes =
          () ->
              IntStream.range(0, CHANGES)
                  .forEach(i -> node.apply(SampleRows.many(CHANGES, i + CHANGES)));
      Runnable reload = () -> node.ufw("reload");
      flows.established("Tweed, 100 changes in ufw, established flow", changes);
      flows.newOnes("Tweed, 100 changes in ufw, new flows", changes);
      flows.established("one ufw reload, established flow", reload);
      flows.newOnes("one ufw reload, new flows", reload);
      flows.newOnes("nothing done for 5 s, new flows", () -> node.netns().sh("sleep 5"));
    }
  }
}
