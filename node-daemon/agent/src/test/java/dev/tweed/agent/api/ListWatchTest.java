package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever an API server answers, and wherever its answer ends, in virtual time. */
class ListWatchTest {

  private static final List<String> LISTED = List.of("a", "b");
  private static final List<String> WATCHED = List.of("b", "c");

  static String list(String version, String next, String... names) {
    StringBuilder items = new StringBuilder();
    for (String name : names) {
      items
          .append(items.isEmpty() ? "" : ",")
          .append("{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"1\"}}".formatted(name));
    }
    String body =
        "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%s\",\"continue\":\"%s\"},\"items\":[%s]}"
            .formatted(version, next, items);
    return answer(200, body);
  }

  private static String answer(int status, String body) {
    return "HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body);
  }

  @Test
  void aListAndAWatchAreFollowed() {
    Followed followed = new Followed().answering(Recorded.LIST, Recorded.WATCH).follow();

    assertThat(followed.known.keySet()).containsExactlyElementsOf(WATCHED);
    assertThat(followed.asked)
        .containsExactly(
            "/things?limit=500&resourceVersion=0",
            "/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=30&resourceVersion=110");
    assertThat(followed.pauses).isEmpty();
    // An answer that is late is none: the server is told to end 10 s earlier.
    assertThat(followed.limits.getLast()).isEqualTo(Duration.ofSeconds(40));
    // And the next watch goes on where the bookmark was.
    assertThat(followed.answering(Recorded.WATCH).follow().asked.getLast())
        .endsWith("resourceVersion=120");
  }

  @Test
  void aListThatEndsTooEarlyTakesNothingAway() {
    for (int end = 0; end < Recorded.LIST.length(); end++) {
      Followed followed = new Followed().answering(list("1", "", "old"));
      followed.follow();
      followed.answering(Recorded.EXPIRED, Recorded.LIST.substring(0, end)).follow();

      assertThat(followed.lists).as("cut at %d", end).isEqualTo(1);
      assertThat(followed.known).as("cut at %d", end).containsKey("old");
      assertThat(followed.pauses).as("cut at %d", end).hasSize(2);

      // And the next one is taken
      followed.answering(Recorded.LIST).follow();
      assertThat(followed.known.keySet()).containsExactlyElementsOf(LISTED);
    }
  }

  @Test
  void silenceIsToldToOtherConnectionsAndNoOtherFailure() {
    Followed followed = new Followed().answering(Recorded.LIST);
    followed.answering(
        request -> {
          throw new IOException("reset by peer");
        });

    followed.follow();
    assertThat(followed.silent).isZero();

    followed.answering(
        request -> {
          throw new ApiSilentException(Duration.ofSeconds(40), new IOException("closed"));
        });
    followed.follow();
    assertThat(followed.silent).isEqualTo(1);
    assertThat(followed.forConnection).containsOnly(true);
  }

  /** What is asked of a daemon that is told to be connected is that it learns what changes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\n<ht>",
        "HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\n[{}]",
        "HTTP/1.1 200 x\r\nContent-Length: 400\r\n\r\n{\"type\":",
        "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 x",
      })
  void bytesThatMeanNothingAreNoWord(String answer) {
    Followed followed = new Followed().answering(Recorded.LIST).follow();
    long heard = followed.watch.heardAt();
    assertThat(followed.watch.failure()).isEmpty();

    followed.now += Duration.ofSeconds(30).toNanos();
    followed.answering(answer, answer, answer, answer).follow();

    // One such answer may be an accident
    assertThat(followed.watch.heardAt() - heard)
        .isLessThanOrEqualTo(Duration.ofSeconds(30).toNanos());
    assertThat(followed.watch.failure()).isPresent();

    // Nor is a list that is never whole
    followed.answering(Recorded.EXPIRED).follow();
    long before = followed.watch.heardAt();
    for (int i = 0; i < 3; i++) {
      followed.answering(Recorded.LIST.substring(0, Recorded.LIST.length() - 1)).follow();
    }
    assertThat(followed.watch.heardAt()).isEqualTo(before);

    followed.answering(Recorded.LIST).follow();
    assertThat(followed.watch.heardAt()).isEqualTo(followed.now);
    assertThat(followed.watch.failure()).isEmpty();
  }

  @Test
  void whatHasNothingToSayIsHeardAllTheSame() {
    Followed followed = new Followed().answering(Recorded.LIST).follow();
    for (int i = 0; i < 3; i++) {
      followed.answering(
          request -> {
            followed.now += Duration.ofSeconds(30).toNanos();
            return Recorded.stream("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
          });
      followed.follow();
      assertThat(followed.watch.heardAt()).isEqualTo(followed.now);
    }
  }

  @Test
  void aListThatComesInPartsIsTheSame() {
    for (int offset = 0; offset < Recorded.LIST.length(); offset++) {
      int at = offset;
      Followed followed =
          new Followed().answering(request -> Recorded.inTwo(Recorded.LIST, at)).follow();

      assertThat(followed.known.keySet()).containsExactlyElementsOf(LISTED);
    }
  }

  @Test
  void aWatchThatEndsAnywhereGoesOnFromTheLastWholeEvent() {
    for (int end = 0; end < Recorded.WATCH.length(); end++) {
      Followed followed =
          new Followed().answering(Recorded.LIST, Recorded.WATCH.substring(0, end)).follow();

      boolean third = followed.known.containsKey("c");
      assertThat(followed.pauses).as("cut at %d", end).hasSize(1);

      // The server sends what came after the version it is told
      String from = followed.answering("HTTP/1.1 500 x\r\n\r\n").follow().asked.getLast();
      assertThat(from)
          .as("cut at %d", end)
          .endsWith(
              !third
                  ? "=110"
                  : followed.known.containsKey("a")
                      ? "=111"
                      : from.endsWith("=112") ? "=112" : "=120");
    }
  }

  @Test
  void aWatchThatComesInPartsIsTheSame() {
    for (int offset = 0; offset < Recorded.WATCH.length(); offset++) {
      int at = offset;
      Followed followed =
          new Followed()
              .answering(Recorded.LIST)
              .answering(request -> Recorded.inTwo(Recorded.WATCH, at))
              .follow();

      assertThat(followed.known.keySet()).containsExactlyElementsOf(WATCHED);
      assertThat(followed.pauses).isEmpty();
    }
  }

  @Test
  void anErrorThatEndsAnywhereIsOneFailure() {
    for (String recorded : List.of(Recorded.BUSY, Recorded.EXPIRED)) {
      for (int end = 0; end < recorded.length(); end++) {
        int at = end;
        for (Followed.Answer answer :
            List.<Followed.Answer>of(
                request -> Recorded.stream(recorded.substring(0, at)),
                request -> Recorded.inTwo(recorded, at))) {
          Followed followed = new Followed().answering(Recorded.LIST).answering(answer).follow();

          assertThat(followed.pauses).hasSize(1);
          assertThat(followed.answering(Recorded.LIST).follow().known.keySet()).containsAll(LISTED);
        }
      }
    }
  }

  @Test
  void pagesAreOneList() {
    Followed followed =
        new Followed()
            .answering(list("5", "more&more", "a", "b"), list("5", "", "c"))
            .answering("HTTP/1.1 500 x\r\n\r\n")
            .follow();

    assertThat(followed.known.keySet()).containsExactly("a", "b", "c");
    assertThat(followed.lists).isEqualTo(1);
    assertThat(followed.asked.get(1)).isEqualTo("/things?limit=500&continue=more%26more");
    assertThat(followed.asked.get(2)).endsWith("resourceVersion=5");
  }

  @Test
  void aPageThatIsTooOldBeginsTheListAnew() {
    Followed followed =
        new Followed()
            .answering(list("5", "more", "a"), answer(410, "{\"code\":410}"), list("6", "", "b"))
            .follow();

    assertThat(followed.known.keySet()).containsExactly("b");
    assertThat(followed.asked.getLast()).isEqualTo("/things?limit=500");
  }

  @ParameterizedTest
  @ValueSource(strings = {"event", "status"})
  void aVersionThatIsTooOldMeansAnotherList(String how) {
    Followed followed =
        new Followed()
            .answering(list("1", "", "a"))
            .answering(how.equals("event") ? Recorded.EXPIRED : answer(410, "{\"code\":410}"))
            .answering(list("9", "", "b"))
            .follow();

    assertThat(followed.known.keySet()).containsExactly("b");
    assertThat(followed.refusals).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 422})
  void aWatchThatCannotBeRightMeansAnotherList(int code) {
    Followed followed =
        new Followed()
            .answering(list("1", "", "a"), answer(code, "{}"), list("9", "", "b"))
            .follow();

    assertThat(followed.known.keySet()).containsExactly("b");
  }

  @Test
  void aServerThatWasSetBackIsListedAnew() {
    // Given a watch that ends before its time, as all do when etcd is restored
    Followed followed =
        new Followed().answering(list("100", "", "a", "b"), Recorded.WATCH.substring(0, 9));
    followed.serverVersion = 99;
    followed.follow();

    // Then the next thing asked for is a list, and what is in it is all there is
    followed.answering(list("99", "", "b")).follow();
    assertThat(followed.asked.getLast()).isEqualTo("/things?limit=500");
    assertThat(followed.known.keySet()).containsExactly("b");
    assertThat(followed.checks).isEqualTo(1);
  }

  @Test
  void aServerThatIsWhereItWasIsWatchedOn() {
    Followed followed =
        new Followed().answering(list("100", "", "a"), Recorded.WATCH.substring(0, 9));
    followed.serverVersion = 100;

    assertThat(followed.answering(answer(500, "{}")).follow().asked.getLast())
        .endsWith("resourceVersion=100");
  }

  @Test
  void aWatchThatEndsInItsTimeIsNoReasonToAsk() {
    Followed followed = new Followed().answering(list("100", "", "a"));
    followed.answering(
        request -> {
          followed.now += Duration.ofSeconds(30).toNanos();
          return Recorded.stream(Recorded.WATCH);
        });

    followed.follow().answering(Recorded.WATCH).follow();

    assertThat(followed.checks).isZero();
  }

  @Test
  void eventsThatGoBackMeanAnotherListAndNoHurry() {
    Followed followed = new Followed();
    for (int i = 0; i < 10; i++) {
      followed.answering(list("500", "", "a"), Recorded.WATCH);
    }
    followed.follow();

    assertThat(followed.known.keySet()).containsExactly("a", "c");
    assertThat(followed.lists).isEqualTo(10);
    assertThat(followed.pauses.getLast()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void aRefusedWatchIsAskedForAgainAndNothingIsForgotten() {
    Followed followed =
        new Followed().answering(list("1", "", "a"), answer(403, "{\"message\":\"no\"}"));

    assertThat(followed.follow().refusals).hasSize(1);
    assertThat(followed.answering(Recorded.WATCH).follow().asked.getLast())
        .endsWith("resourceVersion=1");
    assertThat(followed.refusals).isEmpty();
  }

  @Test
  void aServerThatForgetsEveryVersionIsNotHammered() {
    Followed followed = new Followed();
    for (int i = 0; i < 20; i++) {
      followed.answering(list("1", "", "a"), Recorded.EXPIRED);
    }
    followed.follow();

    // 0.2 s at first, 30 s at last
    assertThat(followed.pauses.getFirst()).isEqualTo(Duration.ofMillis(200));
    assertThat(followed.pauses.getLast()).isEqualTo(Duration.ofSeconds(30));
    assertThat(Duration.ofNanos(followed.now)).isGreaterThan(Duration.ofMinutes(5));
  }

  @Test
  void aBusyServerIsLeftAloneForAsLongAsItSaysWithinReason() {
    Followed followed =
        new Followed()
            .answering(Recorded.BUSY, Recorded.BUSY.replace("Retry-After: 7", "Retry-After: 86400"))
            .follow();

    assertThat(followed.pauses).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(30));
    // Others' connections are no reason to ask earlier.
    assertThat(followed.forConnection).containsOnly(false);
    assertThat(followed.refusals)
        .extracting(Throwable::getMessage)
        .contains("429 Too many requests, please try again later.");
  }

  @Test
  void aServerThatIsAwayIsTriedEveryFewSecondsAndAtOnceWhenAnotherHasReachedIt() {
    Followed followed = new Followed();
    for (int i = 0; i < 10; i++) {
      followed.answering(
          request -> {
            throw new ApiUnreachedException("refused", new IOException());
          });
    }
    followed.follow();

    assertThat(followed.pauses.getLast()).isEqualTo(Duration.ofSeconds(5));
    assertThat(followed.forConnection).containsOnly(true);
    assertThat(followed.connected).isZero();

    followed.answering(Recorded.LIST).follow();
    assertThat(followed.connected).isEqualTo(1);
  }

  /** A time-out is no success for having taken its time. */
  @Test
  void aServerThatIsTooSlowIsTriedMoreAndMoreSeldomUntilItAnswers() {
    Followed followed = new Followed().answering(Recorded.LIST, Recorded.WATCH).follow();
    for (int i = 0; i < 10; i++) {
      followed.answering(
          request -> {
            followed.now += Duration.ofSeconds(40).toNanos();
            throw new ApiSilentException(Duration.ofSeconds(40), new IOException("closed"));
          });
    }
    followed.follow();

    assertThat(followed.pauses.getFirst()).isEqualTo(Duration.ofMillis(200));
    assertThat(followed.pauses).isSorted();
    assertThat(followed.pauses.getLast()).isEqualTo(Duration.ofSeconds(30));
    // Nor are connections that answer made anew each time
    assertThat(followed.silent).isEqualTo(1);

    // When it has answered, the next failure is the first
    followed.pauses.clear();
    followed
        .answering(
            request -> {
              followed.now += Duration.ofSeconds(30).toNanos();
              return Recorded.stream(
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
            })
        .answering(
            request -> {
              throw new IOException("refused");
            })
        .follow();
    assertThat(followed.pauses).containsExactly(Duration.ofMillis(200));
  }

  @Test
  void aServerThatRefusesLateIsTriedMoreAndMoreSeldomToo() {
    Followed followed = new Followed().answering(Recorded.LIST);
    for (int i = 0; i < 10; i++) {
      followed.answering(
          request -> {
            followed.now += Duration.ofSeconds(10).toNanos();
            return Recorded.stream(answer(503, "{}"));
          });
    }

    assertThat(followed.follow().pauses.getLast()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void aServerThatEndsEachWatchAtOnceIsNotHammered() {
    Followed followed = new Followed().answering(Recorded.LIST);
    for (int i = 0; i < 10; i++) {
      followed.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    }
    followed.follow();

    assertThat(followed.pauses).hasSize(10);
    assertThat(followed.pauses.getLast()).isEqualTo(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "",
        "<html>Log in</html>",
        "{\"items\":[]}",
        "{\"metadata\":{\"resourceVersion\":\"1\"}}",
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":{}}",
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[1]}",
        "{\"metadata\":[],\"items\":[]}",
        "{\"kind\":\"Status\",\"code\":410}"
      })
  void whatIsNoListIsNotTakenForAnEmptyOne(String body) {
    Followed followed = new Followed().answering(list("1", "", "a"), Recorded.EXPIRED);
    followed.answering(answer(200, body)).follow();

    assertThat(followed.known).containsKey("a");
  }

  @Test
  void objectsThatAreNotAsTheyShouldBeDoNotStopTheOthers() {
    String body =
        """
        {"metadata":{"resourceVersion":"1"},"items":[
          {"metadata":{"name":"good"},"spec":{"cidr":"1"}},
          {"metadata":{"name":"typed"},"spec":{"cidr":{"a":[1,{"b":null}]}}},
          {"metadata":{"name":17},"spec":{}}, {}, {"metadata":[[]]}, {"metadata":null},
          {"metadata":{"name":"bare"},"spec":7, "status":[{}]},
          {"spec":{"cidr":"2"},"metadata":{"name":"last","labels":[],"generation":1e99}}]}\
        """;

    assertThat(new Followed().answering(answer(200, body)).follow().known.keySet())
        .containsExactly("bare", "good", "last", "typed");
  }

  @Test
  void aHugeObjectIsPassedOver() {
    String body =
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"a\","
            + "\"annotations\":{\"x\":\""
            + "y".repeat(30_000_000)
            + "\"}},\"data\":"
            + "[".repeat(900)
            + "]".repeat(900)
            + "}]}";

    assertThat(new Followed().answering(answer(200, body)).follow().known).containsKey("a");
  }

  @Test
  void aListWithoutEndEnds() {
    Followed followed = new Followed();
    for (int i = 0; i < 1000; i++) {
      followed.answering(list("1", "more", "a" + i));
    }
    followed.follow();

    assertThat(followed.lists).isZero();
  }

  @Property(tries = 500)
  void noDamageToAnAnswerEndsAnythingOrTakesMoreThanAPause(
      @ForAll @IntRange(min = 0, max = 900) int at, @ForAll byte with, @ForAll boolean watching) {
    String recorded = watching ? Recorded.WATCH : Recorded.LIST;
    StringBuilder damaged = new StringBuilder(recorded);
    damaged.setCharAt(at % recorded.length(), (char) (with & 0x7f));
    Followed followed = new Followed();
    if (watching) {
      followed.answering(Recorded.LIST);
    }
    followed.answering(request -> Recorded.stream(damaged.toString()));

    followed.watch.step();
    if (watching) {
      followed.watch.step();
    }

    assertThat(followed.pauses.size()).isLessThanOrEqualTo(1);
  }
}
