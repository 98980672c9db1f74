package dev.tweed.operator.allocation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Hardware addresses of the nodes' VXLAN devices. Derived from the names, so that a node keeps its
 * address through anything, and unique in the cluster, because peers' neighbour and FDB entries are
 * keyed by it.
 */
final class VtepMacs {
  private record Owner(String network, String node) {
    // Neither name can hold a slash.
    @Override
    public String toString() {
      return network + "/" + node;
    }
  }

  private final Map<String, Owner> ownerByMac = new HashMap<>();
  private final Map<Owner, String> macByOwner = new HashMap<>();

  /** Notes the address a node has; a bad one, or one that an earlier node has, is not kept. */
  void keep(String network, String node, String mac) {
    Owner owner = new Owner(network, node);
    if (!macByOwner.containsKey(owner) && valid(mac) && !ownerByMac.containsKey(mac)) {
      put(owner, mac);
    }
  }

  /** The address of a node: the one it has, else a new one. */
  String of(String network, String node) {
    Owner owner = new Owner(network, node);
    String mac = macByOwner.get(owner);
    for (int attempt = 0; mac == null; attempt++) {
      String candidate = derive(owner.toString(), attempt);
      if (!ownerByMac.containsKey(candidate)) {
        mac = candidate;
        put(owner, mac);
      }
    }
    return mac;
  }

  private void put(Owner owner, String mac) {
    ownerByMac.put(mac, owner);
    macByOwner.put(owner, mac);
  }

  private static boolean valid(String mac) {
    return mac != null
        && isFormed(mac)
        && (Integer.parseInt(mac.substring(0, 2), 16) & 0x03) == 0x02;
  }

  private static boolean isFormed(String mac) {
    for (int i = 0; i < mac.length(); i++) {
      char c = mac.charAt(i);
      boolean fits = i % 3 == 2 ? c == ':' : c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
      if (!fits) {
        return false;
      }
    }
    return mac.length() == 17;
  }

  static String derive(String owner, int attempt) {
    byte[] hash = sha256(attempt == 0 ? owner : owner + "/" + attempt);
    // Locally administered, not multicast: IEEE 802-2014 8.2.
    hash[0] = (byte) (hash[0] & 0xfc | 0x02);
    return HexFormat.ofDelimiter(":").formatHex(hash, 0, 6);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException every) {
      throw new IllegalStateException("every Java platform has SHA-256", every);
    }
  }
}
