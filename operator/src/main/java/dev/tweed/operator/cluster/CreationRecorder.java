package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.ClaimWriter;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Tells what was created after each batch, whatever becomes of the rest of the allocation. */
final class CreationRecorder implements ClaimWriter {
  private final ClaimWriter writer;
  private final Consumer<List<SubnetFacts>> cache;
  private final Consumer<List<SubnetFacts>> meters;

  CreationRecorder(
      ClaimWriter writer, Consumer<List<SubnetFacts>> cache, Consumer<List<SubnetFacts>> meters) {
    this.writer = writer;
    this.cache = cache;
    this.meters = meters;
  }

  @Override
  public List<SubnetFacts> listLatest() {
    return writer.listLatest();
  }

  @Override
  public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
    List<ClaimResult> results = writer.create(claims, mayStart);
    List<SubnetFacts> created =
        results.stream()
            .filter(ClaimResult.Created.class::isInstance)
            .map(r -> ((ClaimResult.Created) r).subnet())
            .toList();
    cache.accept(created);
    meters.accept(created);
    return results;
  }
}
