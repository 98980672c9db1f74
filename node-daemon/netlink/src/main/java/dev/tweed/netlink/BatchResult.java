package dev.tweed.netlink;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of each request of a batch.
 *
 * @param requests all of them, in the order given
 * @param errors the refused ones: position in {@code requests} to reason; all others were applied
 */
public record BatchResult(List<RtRequest> requests, Map<Integer, NetlinkError> errors) {

  /** A refused request with its reason. */
  public record Failure(int position, RtRequest request, NetlinkError error) {}

  /** Takes copies. */
  public BatchResult {
    requests = List.copyOf(requests);
    errors = Map.copyOf(errors);
  }

  /** Whether every request was applied. */
  public boolean isOk() {
    return errors.isEmpty();
  }

  /** Why the request at this position was refused; empty when it was applied. */
  public Optional<NetlinkError> error(int position) {
    return Optional.ofNullable(errors.get(position));
  }

  /** The refused requests in the order given. */
  public List<Failure> failures() {
    return errors.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e -> new Failure(e.getKey(), requests.get(e.getKey()), e.getValue()))
        .toList();
  }
}
