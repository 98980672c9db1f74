package dev.tweed.agent.cni;

import dev.tweed.enforce.gate.CniResults;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees addresses that host-local keeps for containers that are no more, as when the runtime is
 * killed while it starts or ends a pod. One is free when all of this is so: it was given long ago,
 * the runtime has no result of a container of that name, though it has of others that run here, and
 * nobody on the bridge answers for it, asked since the last look. Used by one thread.
 */
public final class LeakedAddresses {

  private static final Logger LOG = LoggerFactory.getLogger(LeakedAddresses.class);

  /** A runtime gives up on plugins long before. */
  static final Duration AGE = Duration.ofMinutes(10);

  /** Between questions. */
  public static final Duration PERIOD = Duration.ofMinutes(1);

  /**
   * From a question to the look at what came of it: the kernel asks for three seconds. Where it has
   * many neighbours, it forgets within seconds whom it did not find (neigh_periodic_work(),
   * net/core/neighbour.c).
   */
  public static final Duration ANSWER = Duration.ofSeconds(5);

  /** Asks on the bridge. */
  public interface Neighbours {
    /** Has somebody asked who has these. */
    void ask(Set<IpAddress> addresses) throws IOException;

    /** Those that were asked for and that nobody has. */
    Set<IpAddress> unanswered() throws IOException;

    /** Whether there are pods. */
    boolean arePods() throws IOException;
  }

  /** What an address was given for. */
  private record Lease(Path file, String container) {}

  private final Path leases;
  private final Path aside;
  private final Supplier<Optional<CniResults>> results;
  private final Clock clock;
  private Map<IpAddress, Lease> asked = Map.of();

  /**
   * @param results of the runtime; empty while they are not known
   * @param dataDir of host-local as in the CNI configuration
   */
  public LeakedAddresses(Supplier<Optional<CniResults>> results, Path dataDir, Clock clock) {
    this.leases = dataDir.resolve(CniChain.NETWORK);
    // Beside the directory: what is in there host-local reads.
    this.aside = dataDir.resolve("leaked");
    this.results = results;
    this.clock = clock;
  }

  /**
   * Asks for those that are suspect; called again, {@link #ANSWER} later, frees those that still
   * are and that nobody has.
   *
   * @return which are free again
   */
  public List<IpAddress> collect(Neighbours neighbours) {
    Map<IpAddress, Lease> before = asked;
    asked = Map.of();
    try {
      Map<IpAddress, Lease> suspects = suspects(neighbours);
      List<IpAddress> freed = new ArrayList<>();
      if (suspects.isEmpty()) {
        return freed;
      }
      if (before.isEmpty()) {
        neighbours.ask(suspects.keySet());
        asked = suspects;
      } else {
        Set<IpAddress> unanswered = neighbours.unanswered();
        for (Map.Entry<IpAddress, Lease> suspect : suspects.entrySet()) {
          if (suspect.getValue().equals(before.get(suspect.getKey()))
              && unanswered.contains(suspect.getKey())
              && free(suspect.getValue())) {
            freed.add(suspect.getKey());
            LOG.info(
                "address {} is free again: container {} has left it",
                suspect.getKey(),
                suspect.getValue().container());
          }
        }
      }
      return freed;
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("leaked addresses are not looked for: {}", e.toString());
      return List.of();
    }
  }

  /** Whether somebody was asked, and what came of it has to be looked at. */
  public boolean awaitsAnswers() {
    return !asked.isEmpty();
  }

  private Map<IpAddress, Lease> suspects(Neighbours neighbours) throws IOException {
    Optional<CniResults> known = results.get().filter(CniResults::kept);
    if (known.isEmpty()) {
      return Map.of(); // a runtime that keeps no results here says nothing of its containers
    }
    List<Path> files;
    try (Stream<Path> given = Files.list(leases)) {
      files = given.toList();
    } catch (NoSuchFileException e) {
      return Map.of();
    }
    Map<IpAddress, Lease> suspects = new HashMap<>();
    boolean knowsOurs = false;
    for (Path file : files) {
      Optional<IpAddress> address = IpAddress.tryParse(file.getFileName().toString());
      Optional<String> container = address.isPresent() ? container(file) : Optional.empty();
      if (container.isEmpty()) {
        continue;
      }
      if (known.get().knows(container.get())) {
        knowsOurs = true;
      } else if (Files.getLastModifiedTime(file).toInstant().isBefore(clock.instant().minus(AGE))) {
        suspects.put(address.get(), new Lease(file, container.get()));
      }
    }
    // Where there are pods and it knows none of them, it is another runtime's.
    return knowsOurs || suspects.isEmpty() || !neighbours.arePods() ? suspects : Map.of();
  }

  private static Optional<String> container(Path file) throws IOException {
    return Files.readString(file)
        .lines()
        .findFirst()
        .map(String::strip)
        .filter(id -> !id.isEmpty());
  }

  /** By way of another name: host-local may have given the address anew since it was read. */
  private boolean free(Lease lease) throws IOException {
    try {
      Files.move(lease.file(), aside, StandardCopyOption.ATOMIC_MOVE);
      if (!container(aside).equals(Optional.of(lease.container()))) {
        Files.move(aside, lease.file());
        return false;
      }
      Files.delete(aside);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
