package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A list-and-watch of names and blocks, whose API server and clock are the test's. */
final class Followed implements ListWatch.Sink<String>, ListWatch.Pauses, ApiRequests {

  /** What answers a request. */
  interface Answer {
    InputStream to(ApiRequest request) throws IOException;
  }

  final Map<String, String> known = new TreeMap<>();
  final List<String> asked = new ArrayList<>();
  final List<Duration> limits = new ArrayList<>();
  final List<Duration> pauses = new ArrayList<>();
  final List<ApiRefusedException> refusals = new ArrayList<>();
  final List<Boolean> forConnection = new ArrayList<>();
  final Deque<Answer> answers = new ArrayDeque<>();

  /** What the server says it is at, to who asks for that only. */
  long serverVersion = Long.MAX_VALUE;

  int checks;
  int lists;
  int connected;
  int silent;
  long now;
  final ListWatch<String> watch =
      new ListWatch<>(
          new ListWatch.Source("/things", ""),
          () -> new Block(),
          this,
          this,
          this,
          Duration.ofSeconds(30),
          () -> now,
          () -> 0);

  /** The next requests are answered by these. */
  Followed answering(String... bytes) {
    for (String each : bytes) {
      answers.add(request -> Recorded.stream(each));
    }
    return this;
  }

  Followed answering(Answer answer) {
    answers.add(answer);
    return this;
  }

  /** As many steps as there are answers. */
  Followed follow() {
    while (!answers.isEmpty()) {
      watch.step();
    }
    return this;
  }

  @Override
  public HttpAnswer send(ApiRequest request, Duration limit) throws IOException {
    if (request.target().endsWith("limit=1")) {
      checks++;
      return HttpAnswer.read(Recorded.stream(ListWatchTest.list("" + serverVersion, "more", "x")));
    }
    asked.add(request.target());
    limits.add(limit);
    return HttpAnswer.read(answers.remove().to(request));
  }

  @Override
  public void put(ObjectMeta meta, String record) {
    known.put(meta.name(), record);
  }

  @Override
  public void remove(String name) {
    known.remove(name);
  }

  @Override
  public void listed(Set<String> names) {
    known.keySet().retainAll(names);
    lists++;
  }

  @Override
  public void refused(ApiRefusedException why) {
    refusals.add(why);
  }

  @Override
  public void accepted() {
    refusals.clear();
  }

  @Override
  public void await(Duration length, boolean orConnection) {
    pauses.add(length);
    forConnection.add(orConnection);
    now += length.toNanos();
  }

  @Override
  public void silent() {
    silent++;
  }

  @Override
  public void connected() {
    connected++;
  }

  private static final class Block implements ObjectReader.Fields<String> {
    private String cidr;

    @Override
    public void field(String name, JsonParser value) throws IOException {
      if (name.equals("spec")) {
        cidr = ApiJson.texts(value).get("cidr");
      } else {
        value.skipChildren();
      }
    }

    @Override
    public String of(ObjectMeta meta) {
      return String.valueOf(cidr);
    }
  }
}
