package dev.tweed.operator.policy;

import java.util.Map;
import java.util.Optional;

/**
 * A Node as policies see it.
 *
 * @param labels of the Node
 * @param mirrored labels of its NodeSubnets; none if it has no NodeSubnet
 * @param report what it reported; none if nothing, or if the report is that of an earlier Node
 */
public record PolicyNode(
    String name,
    String uid,
    Map<String, String> labels,
    Optional<Map<String, String>> mirrored,
    Optional<ReportDigest> report) {}
