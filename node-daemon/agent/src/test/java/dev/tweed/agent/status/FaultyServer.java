package dev.tweed.agent.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRequests;
import dev.tweed.agent.api.ScriptedServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An API server that keeps the status of one NodeReport, and does to requests what the test says:
 * one fault to each, in order.
 */
final class FaultyServer implements AutoCloseable {

  static final String REPORT = "nodereports/n1";

  /** What becomes of a write whose answer does not come. */
  enum Fate {
    LOST,
    DONE,
    /** Carried out when others that came later have been. */
    LATE
  }

  /** What becomes of a request. */
  sealed interface Fault {
    /** Nothing. */
    record None() implements Fault {}

    /** It is refused. */
    record Refuse(int code) implements Fault {}

    /** There is no answer. */
    record Silence(Fate fate) implements Fault {}

    /** The connection ends. */
    record Reset(Fate fate) implements Fault {}

    /** It is carried out, and a part of the answer comes. */
    record Cut(int percent) implements Fault {}

    /** Somebody else answers, who knows nothing of it. */
    record Foreign() implements Fault {}
  }

  private record Stored(int version, JsonNode status) {}

  private record Write(String object, JsonNode body) {}

  /** So long that an answer comes on a busy machine; if not, it is a fault more. */
  private static final Duration IMPATIENT = Duration.ofMillis(100);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Stored> objects = new TreeMap<>();
  private final Deque<Fault> faults = new ArrayDeque<>();
  private final List<Write> late = new ArrayList<>();
  private final Map<String, List<JsonNode>> history = new TreeMap<>();
  private final ScriptedServer server;
  private final ApiClient client;
  private volatile int sent;
  private int refusals;
  private int version = 10;

  FaultyServer() throws IOException {
    put(REPORT, JSON.createObjectNode());
    server = ScriptedServer.plain(this::serve);
    client =
        ApiClient.open(
            new ApiAccess(
                Optional.empty(),
                Optional.of("http://127.0.0.1:" + server.port()),
                Path.of("/none")),
            Map.of(),
            "test");
  }

  /** A way to it that does not wait long for an answer that will not come. */
  ApiRequests requests() {
    ApiChannel channel = client.channel();
    return (request, limit) -> {
      sent++;
      return channel.send(request, isSilent() ? IMPATIENT : limit);
    };
  }

  private synchronized boolean isSilent() {
    return faults.stream().anyMatch(Fault.Silence.class::isInstance);
  }

  synchronized void add(Collection<Fault> more) {
    faults.addAll(more);
  }

  synchronized void endFaults() {
    faults.clear();
  }

  /** Carries out what is late by now. */
  synchronized void catchUp() {
    late.forEach(this::write);
    late.clear();
  }

  synchronized void put(String object, JsonNode status) {
    objects.put(object, new Stored(++version, status));
  }

  synchronized JsonNode status(String object) {
    return objects.get(object).status();
  }

  /** Each status an object had. */
  synchronized List<JsonNode> history(String object) {
    return List.copyOf(history.getOrDefault(object, List.of()));
  }

  /** Requests so far, counted where they are made: one may be read late. */
  int sent() {
    return sent;
  }

  synchronized int refusalCount() {
    return refusals;
  }

  private void serve(InputStream in, OutputStream out) throws IOException {
    for (String head = head(in); !head.isEmpty(); head = head(in)) {
      byte[] body = in.readNBytes(length(head));
      String[] words = head.split(" ", 3);
      String object = words[1].replaceAll(".*/v1alpha1/([a-z]+/[^/?]+).*", "$1");
      Optional<Write> write =
          words[0].equals("PATCH")
              ? Optional.of(new Write(object, JSON.readTree(body)))
              : Optional.empty();
      Optional<byte[]> answer = handle(object, write);
      if (answer.isEmpty()) {
        in.read(); // until the client has had enough
        return;
      }
      out.write(answer.get());
      out.flush();
      if (isCut(answer.get())) {
        return;
      }
    }
  }

  /** A head without a body as long as it says is the end of the connection. */
  private static boolean isCut(byte[] answer) {
    String text = new String(answer, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    return end < 0 || answer.length < end + 4 + length(text.substring(0, end + 4));
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        return "";
      }
      head.append((char) c);
    }
    return head.toString();
  }

  private static int length(String head) {
    return head.lines()
        .filter(line -> line.startsWith("Content-Length: "))
        .mapToInt(line -> Integer.parseInt(line.substring(16)))
        .findFirst()
        .orElse(0);
  }

  /** The answer, or a part of it; empty if there is to be silence. */
  private synchronized Optional<byte[]> handle(String object, Optional<Write> write) {
    Fault fault = faults.isEmpty() ? new Fault.None() : faults.remove();
    return switch (fault) {
      case Fault.None none -> Optional.of(carryOut(object, write));
      case Fault.Refuse refuse -> {
        refusals++;
        yield Optional.of(answer(refuse.code(), "{\"message\":\"no\"}"));
      }
      case Fault.Silence silence -> {
        meet(silence.fate(), object, write);
        yield Optional.empty();
      }
      case Fault.Reset reset -> {
        meet(reset.fate(), object, write);
        yield Optional.of(new byte[0]);
      }
      case Fault.Cut cut -> {
        byte[] whole = carryOut(object, write);
        yield Optional.of(Arrays.copyOf(whole, whole.length * cut.percent() / 100));
      }
      case Fault.Foreign foreign -> Optional.of(answer(200, "<html>Log in</html>"));
    };
  }

  private void meet(Fate fate, String object, Optional<Write> write) {
    switch (fate) {
      case LOST -> {}
      case DONE -> carryOut(object, write);
      case LATE -> write.ifPresent(late::add);
    }
  }

  private byte[] carryOut(String object, Optional<Write> write) {
    int code = write.map(this::write).orElse(200);
    if (code != 200) {
      return answer(code, "{\"message\":\"the object has been modified\"}");
    }
    Stored stored = objects.get(object);
    ObjectNode answer = JSON.createObjectNode();
    answer.putObject("metadata").put("resourceVersion", "" + stored.version());
    answer.set("status", stored.status());
    return answer(200, answer.toString());
  }

  /** As server-side apply does it; the status code. */
  private int write(Write write) {
    Stored before = objects.get(write.object());
    String follows = write.body().at("/metadata/resourceVersion").asText("");
    if (!follows.isEmpty() && !follows.equals("" + before.version())) {
      return 409;
    }
    JsonNode status = write.body().path("status");
    if (!status.equals(before.status())) {
      put(write.object(), status);
      history.computeIfAbsent(write.object(), o -> new ArrayList<>()).add(status);
    }
    return 200;
  }

  private static byte[] answer(int code, String body) {
    return "HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(code, body.length(), body)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
