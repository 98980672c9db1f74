package dev.tweed.operator.policy;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import java.util.Map;
import java.util.Optional;

/**
 * A Node as policies see it.
 *
 * @param labels of the Node
 * @param block what peers know it by; none if it has no NodeSubnet
 * @param report what it reported; none if nothing, or if the report is that of an earlier Node
 */
public record PolicyNode(
    String name,
    String uid,
    Map<String, String> labels,
    Optional<Block> block,
    Optional<ReportDigest> report) {

  /**
   * Its NodeSubnet.
   *
   * @param labels of the NodeSubnet
   * @param mirrored keys that its PodNetwork mirrors: the lack of another tells nothing
   */
  public record Block(Map<String, String> labels, MirroredLabels mirrored) {}

  /** Whether a selector of peers finds it, as every node does. */
  boolean isFoundBy(LabelSelector selector) {
    return block
        .filter(b -> b.mirrored().missing(selector).isEmpty())
        .filter(b -> selector.matches(b.labels()))
        .isPresent();
  }
}
