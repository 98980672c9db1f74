package dev.tweed.policy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of compiled objects: they say nothing of what they were made from, and are stable. */
public final class PolicyNames {

  private PolicyNames() {}

  /** {@code p-} and 20 digits, of the UID of a policy. */
  public static String program(String policyUid) {
    return "p-" + digest(policyUid, 20);
  }

  /** {@code s-} and 20 digits, of the canonical text of what is selected. */
  public static String peerSet(String canonical) {
    return "s-" + digest(canonical, 20);
  }

  /**
   * 16 digits for a namespace. No secret: who guesses a name can compare; it keeps names out of
   * lists and logs.
   */
  public static String namespace(String name) {
    return digest(name, 16);
  }

  private static String digest(String text, int digits) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, digits);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
