package dev.tweed.firewall.rules;

import dev.tweed.ip.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Who is logged in by SSH from elsewhere, as those tell who log people in, and nobody else can.
 *
 * @param seen whether anything tells
 * @param users by the address they come from
 */
public record SshSessions(boolean seen, Map<IpAddress, String> users) {

  /** Where nothing tells. */
  public static final SshSessions UNSEEN = new SshSessions(false, Map.of());

  private static final Pattern SERVICE = Pattern.compile("(?m)^SERVICE=\"?(sshd|dropbear)\\b");
  private static final Pattern CLOSING = Pattern.compile("(?m)^STATE=\"?closing\\b");
  private static final Pattern HOST = Pattern.compile("(?m)^REMOTE_HOST=\"?([^\"\\s]+)");
  private static final Pattern USER = Pattern.compile("(?m)^USER=\"?([^\"\\s]+)");

  // struct utmp, utmp(5); the host is at the same place in both sizes.
  private static final int UTMP_USER = 44;
  private static final int UTMP_HOST = 76;
  private static final int UTMP_HOST_END = UTMP_HOST + 256;
  private static final int USER_PROCESS = 7;

  public SshSessions {
    users = Map.copyOf(users);
  }

  /**
   * Reads what systemd-logind keeps of each session (session_save() in its logind-session.c).
   *
   * @param files texts of /run/systemd/sessions
   */
  public static SshSessions ofLogind(List<String> files) {
    Map<IpAddress, String> users = new TreeMap<>();
    files.stream()
        .filter(file -> SERVICE.matcher(file).find() && !CLOSING.matcher(file).find())
        .forEach(
            file ->
                first(HOST, file)
                    .ifPresent(host -> add(users, host, first(USER, file).orElse("somebody"))));
    return new SshSessions(true, users);
  }

  /**
   * Reads utmp, which sshd writes itself.
   *
   * @param size of one record: 400 bytes on arm64, 384 on most others
   */
  public static SshSessions ofUtmp(byte[] records, int size) {
    Map<IpAddress, String> users = new TreeMap<>();
    for (int at = 0; at + size <= records.length; at += size) {
      if (records[at] == USER_PROCESS && records[at + 1] == 0) {
        add(
            users,
            text(records, at + UTMP_HOST, at + UTMP_HOST_END),
            text(records, at + UTMP_USER, at + UTMP_HOST));
      }
    }
    return new SshSessions(true, users);
  }

  /** Why only the port is protected, where nobody comes from elsewhere. */
  String whyNobody() {
    return (seen
            ? "nobody is logged in from another address"
            : "who is logged in is not to be seen (/run/systemd/sessions, /run/utmp)")
        + ", so the port alone is protected";
  }

  /** A name is of no use: a filter sees addresses. */
  private static void add(Map<IpAddress, String> users, String host, String user) {
    String address = host.replaceFirst("%.*", "").replaceFirst("(?i)^::ffff:(?=[\\d.]+$)", "");
    IpAddress.tryParse(address)
        .filter(remote -> !remote.isLoopback())
        .ifPresent(remote -> users.putIfAbsent(remote, user));
  }

  private static Optional<String> first(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(found -> found.group(1)).findFirst();
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1).split("\0", 2)[0];
  }
}
