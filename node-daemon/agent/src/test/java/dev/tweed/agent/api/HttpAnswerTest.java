package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAnswerTest {

  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private static String body(String answer) throws IOException {
    return new String(Recorded.answer(answer).body().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void bodiesAreAsLongAsTheirHeadSays() throws IOException {
    assertThat(body("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP")).isEqualTo("abc");
    assertThat(body("HTTP/1.1 200 OK\ncontent-length: 3\n\nabc")).isEqualTo("abc");
    assertThat(body(CHUNKED + "2;x=y\r\nab\r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"))
        .isEqualTo("ab0123456789");
    assertThat(body("HTTP/1.0 200 OK\r\n\r\nuntil the end")).isEqualTo("until the end");
    assertThat(body("HTTP/1.1 204 No Content\r\n\r\nnot mine")).isEmpty();
  }

  @Test
  void interimAnswersAreSkipped() throws IOException {
    assertThat(
            body(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"))
        .isEqualTo("a");
    assertThatThrownBy(() -> Recorded.answer("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000)))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(EOFException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2000 x\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
      })
  void headsThatAreNotClearAreRefused(String head) {
    assertThatThrownBy(() -> body(head)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "g\r\n",
        "-1\r\n",
        "\r\n",
        "80000000\r\n",
        "1\r\nab\r\n0\r\n\r\n",
        "1 1\r\na\r\n",
        "+1\r\na\r\n",
        "1\r\n",
        "1\r\na",
        "0\r\n"
      })
  void chunksThatAreNotWholeAreRefused(String chunks) {
    assertThatThrownBy(() -> body(CHUNKED + chunks)).isInstanceOf(IOException.class);
  }

  @Test
  void whatDoesNotEndIsNotKept() {
    for (String endless : new String[] {"x", "x: y\r\n"}) {
      assertThatThrownBy(() -> HttpAnswer.read(endless("HTTP/1.1 200 OK\r\n", endless)))
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> HttpAnswer.read(endless("", "x"))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> HttpAnswer.read(endless(CHUNKED + "1;", "x")).body().readAllBytes())
        .isInstanceOf(IOException.class);
  }

  @Test
  void onlyAConnectionAtTheEndOfAnAnswerIsUsedAgain() throws IOException {
    assertThat(reusable("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true)).isTrue();
    assertThat(reusable(CHUNKED + "1\r\na\r\n0\r\n\r\n", true)).isTrue();
    assertThat(reusable("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false)).isFalse();
    assertThat(reusable("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true))
        .isFalse();
    assertThat(reusable("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true)).isFalse();
    assertThat(
            reusable(
                "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + "x".repeat(999_999), true))
        .isFalse();
  }

  @Property
  void noBytesDoMoreThanFail(@ForAll byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    for (String before : new String[] {"", "HTTP/1.1 200 OK\r\n", CHUNKED}) {
      try {
        body(before + text);
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  private static boolean reusable(String answer, boolean finish) throws IOException {
    boolean[] result = new boolean[1];
    try (HttpAnswer read = Recorded.answer(answer).onClose(reusable -> result[0] = reusable)) {
      if (finish) {
        read.finish();
      }
    }
    return result[0];
  }

  private static InputStream endless(String begin, String more) {
    return new InputStream() {
      private long at;

      @Override
      public int read() {
        long i = at++;
        return i < begin.length()
            ? begin.charAt((int) i)
            : more.charAt((int) ((i - begin.length()) % more.length()));
      }
    };
  }
}
