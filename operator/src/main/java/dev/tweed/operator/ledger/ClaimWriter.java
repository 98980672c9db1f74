package dev.tweed.operator.ledger;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.operator.allocation.SubnetFacts;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Access to the NodeSubnets for one allocation. */
public interface ClaimWriter {
  /** All NodeSubnets as of now, from the API server's latest state and not from a cache. */
  List<SubnetFacts> listLatest();

  /**
   * Creates NodeSubnets, several at a time.
   *
   * @param mayStart asked before each request is sent; when false the claim is NotSent
   * @return the result of each, in the same order; never fewer
   */
  List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart);

  /** What became of one creation. */
  sealed interface ClaimResult {
    /** It exists now, made by us. */
    record Created(SubnetFacts subnet) implements ClaimResult {}

    /** It exists already: by another operator, or by our own earlier attempt. */
    record Exists(String name) implements ClaimResult {}

    /** The API server refuses it and would again. */
    record Refused(String name, String message) implements ClaimResult {}

    /** It may or may not come into being: connection lost, time-out, server error. */
    record Unknown(String name, String message) implements ClaimResult {}

    /** Nothing was sent. */
    record NotSent(String name) implements ClaimResult {}
  }
}
