package dev.tweed.agent.bench;

import dev.tweed.agent.api.ScriptedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Just enough of an API server for one daemon: lists, status writes that come back as they are, and
 * watches, to which it tells what is new of a kind.
 */
final class WatchServer implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");
  private static final Pattern SECONDS = Pattern.compile("timeoutSeconds=(\\d+)");
  private static final Pattern VERSION = Pattern.compile("resourceVersion=(\\d+)");
  private static final long FOR_EVER = TimeUnit.HOURS.toSeconds(1);

  private final Function<String, Optional<String>> lists;
  private final ScriptedServer server;

  private final Map<String, Feed> feeds = new ConcurrentHashMap<>();

  /** What is told of one kind; guarded by itself. */
  private static final class Feed {
    private final List<String> events = new ArrayList<>();
    private final List<OutputStream> watches = new ArrayList<>();
  }

  /**
   * @param lists the items of the list at a path; empty if there is no such object
   */
  WatchServer(ServerSocket listener, Function<String, Optional<String>> lists) {
    this.lists = lists;
    this.server = ScriptedServer.start(listener, this::serve);
  }

  /** Tells one thing more of the kind at a path; the time just before, nanoseconds. */
  long tell(String path, String object) throws IOException {
    String event = "{\"type\":\"ADDED\",\"object\":" + object + "}\n";
    Feed feed = feed(path);
    synchronized (feed) {
      feed.events.add(event);
      byte[] bytes = chunk(event);
      long at = System.nanoTime();
      for (OutputStream watch : feed.watches) {
        watch.write(bytes);
        watch.flush();
      }
      return at;
    }
  }

  private Feed feed(String path) {
    return feeds.computeIfAbsent(path.replaceFirst(".*/", ""), kind -> new Feed());
  }

  private static byte[] chunk(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return "%x\r\n%s\r\n".formatted(bytes.length, text).getBytes(StandardCharsets.UTF_8);
  }

  private void serve(InputStream in, OutputStream out) throws Exception {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1));
    for (String first = lines.readLine(); first != null; first = lines.readLine()) {
      int length = 0;
      for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
        Matcher found = LENGTH.matcher(line);
        length = found.matches() ? Integer.parseInt(found.group(1)) : length;
      }
      char[] body = new char[length];
      for (int read = 0; read < length; ) {
        read += lines.read(body, read, length - read);
      }
      answer(first.split(" "), new String(body), out);
    }
  }

  private void answer(String[] request, String body, OutputStream out) throws Exception {
    String path = request[1].replaceFirst("\\?.*", "");
    if (request[1].contains("watch=true")) {
      watch(path, request[1], out);
      return;
    }
    Optional<String> answer =
        request[0].equals("GET")
            ? lists
                .apply(path)
                .map(
                    items ->
                        "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
                            + items
                            + "]}")
            : Optional.of(body.startsWith("{") ? body : "{}");
    byte[] bytes = answer.orElse("{}").getBytes(StandardCharsets.UTF_8);
    out.write(
        "HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n"
            .formatted(answer.isPresent() ? 200 : 404, bytes.length)
            .getBytes(StandardCharsets.US_ASCII));
    out.write(bytes);
    out.flush();
  }

  private void watch(String path, String target, OutputStream out) throws Exception {
    out.write(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII));
    out.flush();
    Feed feed = feed(path);
    synchronized (feed) {
      // The list had version 1, and each event one of its own.
      int seen = (int) number(VERSION, target, 1) - 1;
      for (String event : feed.events.subList(seen, feed.events.size())) {
        out.write(chunk(event));
      }
      out.flush();
      feed.watches.add(out);
    }
    TimeUnit.SECONDS.sleep(number(SECONDS, target, FOR_EVER));
    synchronized (feed) {
      feed.watches.remove(out);
      out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
  }

  private static long number(Pattern pattern, String text, long otherwise) {
    Matcher found = pattern.matcher(text);
    return found.find() ? Long.parseLong(found.group(1)) : otherwise;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
