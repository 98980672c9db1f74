package dev.tweed.agent.cluster;

import java.time.Instant;

/**
 * What an Event says of packets that a FirewallPolicy refuses on this node, or would in {@code
 * mode: Audit}.
 *
 * @param policy name of the FirewallPolicy
 * @param uid of it: {@code kubectl describe} goes by that
 * @param reason CamelCase
 * @param message fit to be shown
 * @param first when the first of the packets was logged
 * @param last when the last of them was
 * @param count of them, at least one
 */
public record PolicyEvent(
    String policy,
    String uid,
    String reason,
    String message,
    Instant first,
    Instant last,
    int count) {}
