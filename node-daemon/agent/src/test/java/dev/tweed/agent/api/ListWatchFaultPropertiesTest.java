package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever a list or a watch comes to, in any order: when it ends, what is known is what there is,
 * and never is anything older known than before. In virtual time.
 */
class ListWatchFaultPropertiesTest {

  /** What becomes of a request. */
  private sealed interface Fault {
    record None() implements Fault {}

    record Refuse(int code) implements Fault {}

    record Silence() implements Fault {}

    record Reset() implements Fault {}

    record Cut(int percent) implements Fault {}
  }

  /** One request, and what happens in the cluster before it. */
  record Turn(List<String> written, List<String> deleted, boolean compacted, Fault fault) {}

  private record Event(int version, String type, String name) {}

  /** Objects whose block is the version they have. */
  private static final class Server {
    private final Map<String, Integer> objects = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();
    private int version = 10;
    private int oldest = 10;

    void happen(Turn turn) {
      for (String name : turn.written()) {
        boolean there = objects.put(name, ++version) != null;
        events.add(new Event(version, there ? "MODIFIED" : "ADDED", name));
      }
      for (String name : turn.deleted()) {
        if (objects.remove(name) != null) {
          events.add(new Event(++version, "DELETED", name));
        }
      }
      oldest = turn.compacted() ? version : oldest;
    }

    InputStream answer(ApiRequest request, Fault fault) throws IOException {
      String whole = whole(request.target());
      return switch (fault) {
        case Fault.None none -> Recorded.stream(whole);
        case Fault.Refuse refuse -> Recorded.stream(sized(refuse.code(), "{\"message\":\"no\"}"));
        case Fault.Silence silence ->
            throw new ApiSilentException(Duration.ofSeconds(40), new IOException("closed"));
        case Fault.Reset reset -> throw new IOException("reset by peer");
        case Fault.Cut cut ->
            Recorded.stream(whole.substring(0, whole.length() * cut.percent() / 100));
      };
    }

    private String whole(String target) {
      if (!target.contains("watch=true")) {
        return sized(
            200,
            "{\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}"
                .formatted(
                    version,
                    objects.entrySet().stream()
                        .map(o -> object(o.getKey(), o.getValue()))
                        .collect(Collectors.joining(","))));
      }
      int from = Integer.parseInt(target.replaceAll(".*resourceVersion=([0-9]+).*", "$1"));
      if (from < oldest) {
        return sized(410, "{\"code\":410,\"message\":\"too old\"}");
      }
      return sized(
          200,
          events.stream()
              .filter(event -> event.version() > from)
              .map(
                  event ->
                      "{\"type\":\"%s\",\"object\":%s}\n"
                          .formatted(event.type(), object(event.name(), event.version())))
              .collect(Collectors.joining()));
    }

    private static String object(String name, int version) {
      return "{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%d\"},\"spec\":{\"cidr\":\"%d\"}}"
          .formatted(name, version, version);
    }

    private static String sized(int code, String body) {
      return "HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s".formatted(code, body.length(), body);
    }

    Map<String, String> known() {
      Map<String, String> all = new TreeMap<>();
      objects.forEach((name, at) -> all.put(name, "" + at));
      return all;
    }
  }

  @Provide
  Arbitrary<List<Turn>> turns() {
    Arbitrary<List<String>> names = Arbitraries.of("a", "b", "c", "d").list().ofMaxSize(2);
    Arbitrary<Fault> faults =
        Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.just(new Fault.None())),
            Tuple.of(
                3,
                Arbitraries.of(400, 401, 403, 404, 409, 410, 422, 429, 500, 503)
                    .map(Fault.Refuse::new)),
            Tuple.of(1, Arbitraries.just(new Fault.Silence())),
            Tuple.of(1, Arbitraries.just(new Fault.Reset())),
            Tuple.of(3, Arbitraries.integers().between(0, 99).map(Fault.Cut::new)));
    return Combinators.combine(names, names, Arbitraries.of(false, false, false, true), faults)
        .as(Turn::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(15);
  }

  @Property(tries = 150)
  void whenTheFaultsEndWhatIsKnownIsWhatThereIs(@ForAll("turns") List<Turn> turns) {
    Server server = new Server();
    Followed followed = new Followed();
    Map<String, Integer> newest = new HashMap<>();
    for (Turn turn : turns) {
      server.happen(turn);
      followed.answering(request -> server.answer(request, turn.fault())).follow();
      followed.known.forEach(
          (name, at) ->
              assertThat(newest.merge(name, Integer.valueOf(at), Math::max))
                  .as("what is known of %s", name)
                  .isEqualTo(Integer.valueOf(at)));
    }

    // A watch that is refused for its version, and a list
    for (int i = 0; i < 2; i++) {
      followed.answering(request -> server.answer(request, new Fault.None())).follow();
    }

    assertThat(followed.known).isEqualTo(server.known());
    assertThat(followed.refusals).isEmpty();
  }
}
