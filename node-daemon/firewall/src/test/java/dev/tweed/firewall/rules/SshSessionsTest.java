package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SshSessionsTest {

  /** As systemd 252 writes one. */
  private static final String ALICE =
      """
      # This is private data. Do not parse.
      UID=1000
      USER=alice
      ACTIVE=1
      IS_DISPLAY=0
      STATE=active
      REMOTE=1
      TYPE=tty
      CLASS=user
      SCOPE=session-3.scope
      TTY=pts/0
      SERVICE=sshd
      REMOTE_HOST=203.0.113.5
      LEADER=1234
      """;

  @Test
  void aSessionOfSshdSaysWhoComesFromWhere() {
    String bob = ALICE.replace("alice", "bob").replace("203.0.113.5", "fe80::1%eth0");

    assertThat(SshSessions.ofLogind(List.of(ALICE, bob)))
        .isEqualTo(
            new SshSessions(
                true,
                Map.of(
                    IpAddress.parse("203.0.113.5"), "alice", IpAddress.parse("fe80::1"), "bob")));
  }

  @ParameterizedTest
  @CsvSource({
    "SERVICE=sshd, SERVICE=login",
    "STATE=active, STATE=closing",
    "REMOTE_HOST=203.0.113.5, REMOTE_HOST=office.example",
    "REMOTE_HOST=203.0.113.5, X=1",
    "REMOTE_HOST=203.0.113.5, REMOTE_HOST=127.0.0.1",
  })
  void othersSayNothing(String line, String instead) {
    SshSessions sessions = SshSessions.ofLogind(List.of(ALICE.replace(line, instead)));

    assertThat(sessions.users()).isEmpty();
    assertThat(sessions.whyNobody())
        .isEqualTo("nobody is logged in from another address, so the port alone is protected");
  }

  /** A socket of both families shows those of IPv4 like that. */
  @Test
  void anAddressOfIpv4IsOneHoweverItIsWritten() {
    assertThat(
            SshSessions.ofLogind(List.of(ALICE.replace("203.0.113.5", "::ffff:203.0.113.5")))
                .users())
        .isEqualTo(Map.of(IpAddress.parse("203.0.113.5"), "alice"));
  }

  @ParameterizedTest
  @ValueSource(ints = {384, 400})
  void utmpSaysTheSame(int size) {
    byte[] records = new byte[3 * size + 10];
    record(records, 0, 7, "alice", "203.0.113.5");
    record(records, size, 8, "bob", "203.0.113.6"); // has logged out
    record(records, 2 * size, 7, "carol", ":0");

    assertThat(SshSessions.ofUtmp(records, size).users())
        .isEqualTo(Map.of(IpAddress.parse("203.0.113.5"), "alice"));
  }

  private static void record(byte[] records, int at, int type, String user, String host) {
    records[at] = (byte) type;
    copy(records, at + 44, user);
    copy(records, at + 76, host);
  }

  private static void copy(byte[] records, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, records, at, bytes.length);
  }
}
