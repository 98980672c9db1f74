package dev.tweed.operator.allocation;

import dev.tweed.ip.IpPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * What is known, beyond the NodeSubnets there are, of the blocks that nodes had. Pods of a node
 * whose NodeSubnet was deleted still use its block, so it is the one to give the node again.
 *
 * @param seen by node, the blocks of NodeSubnets that this operator saw, whether they are there or
 *     not; one of each family
 * @param released by node, blocks that were released, were not given out since, and that it was the
 *     last to hold; the latest first
 * @param reported by node, the blocks that its own NodeReport says it serves, unchecked
 */
public record LastBlocks(
    Map<String, List<String>> seen,
    Map<String, List<String>> released,
    Map<String, List<String>> reported) {
  public LastBlocks {
    seen = Map.copyOf(seen);
    released = Map.copyOf(released);
    reported = Map.copyOf(reported);
  }

  /** Nothing is known. */
  public static LastBlocks none() {
    return new LastBlocks(Map.of(), Map.of(), Map.of());
  }

  /**
   * The blocks each node should get if it has none and nobody else holds them, by what tells of
   * them, the best evidence first: seen, then reported, then held last. So a block goes to a node
   * whose pods are in it rather than to the one that had it before, as far as a ledger knows that
   * may have been restored. A node may report whatever it likes: a block that another node reports
   * too, or was seen to have, is given to nobody by its report. One that contains what is not for
   * pods comes back only if it was seen.
   */
  List<Map<String, List<IpPrefix>>> byEvidence(ReservedRanges reserved) {
    Map<IpPrefix, String> holders = new HashMap<>();
    seen.forEach((node, texts) -> parse(texts).forEach(block -> holders.put(block, node)));
    Map<IpPrefix, String> reporters = new HashMap<>();
    reported.forEach(
        (node, texts) ->
            parse(texts)
                .forEach(block -> reporters.merge(block, node, (a, b) -> a.equals(b) ? a : "")));
    BiPredicate<String, IpPrefix> open =
        (node, block) ->
            holders.getOrDefault(block, node).equals(node) && !reserved.overlaps(block);
    return List.of(
        blocks(seen, (node, block) -> true),
        blocks(reported, open.and((node, block) -> reporters.get(block).equals(node))),
        blocks(released, open));
  }

  /** What the nodes may still use, whoever should have it: pods of theirs may be in there. */
  Stream<IpPrefix> used(Set<String> nodes) {
    return Stream.of(seen, reported)
        .flatMap(blocks -> blocks.entrySet().stream())
        .filter(entry -> nodes.contains(entry.getKey()))
        .flatMap(entry -> parse(entry.getValue()));
  }

  /** What nodes held last that may return, whether they are there or not. */
  Stream<IpPrefix> held() {
    return released.values().stream().flatMap(LastBlocks::parse);
  }

  private static Map<String, List<IpPrefix>> blocks(
      Map<String, List<String>> texts, BiPredicate<String, IpPrefix> counts) {
    Map<String, List<IpPrefix>> blocks = new HashMap<>();
    texts.forEach(
        (node, of) ->
            blocks.put(node, parse(of).filter(block -> counts.test(node, block)).toList()));
    return blocks;
  }

  private static Stream<IpPrefix> parse(List<String> texts) {
    return texts.stream().map(IpPrefix::tryParseNetwork).flatMap(Optional::stream);
  }
}
