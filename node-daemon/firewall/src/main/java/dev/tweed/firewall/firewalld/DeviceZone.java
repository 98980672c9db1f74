package dev.tweed.firewall.firewalld;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * A zone of ours with one device in it: firewalld knows devices by their zones only. What no rule
 * decides about the device's packets, the zone refuses.
 *
 * @param name of the zone, 17 characters at most as firewalld asks
 * @param device the one device
 */
record DeviceZone(String name, String device) {

  private static final Pattern TUNNEL = Pattern.compile("tweed6?\\.[0-9]{1,8}");
  private static final Pattern BRIDGE = Pattern.compile("tweed-br[0-9]{0,4}");
  private static final Pattern NAME =
      Pattern.compile("tweed6?_[0-9]{1,8}|tweed-br[0-9]{0,4}|tweed-x[0-9a-f]{8}");

  /** The zone for a device; another device has another. */
  static DeviceZone of(String device) {
    return new DeviceZone(name(device), device);
  }

  /** Whether a device has a name that Tweed gives; those are in no person's zone. */
  static boolean isTweeds(String device) {
    return TUNNEL.matcher(device).matches() || BRIDGE.matcher(device).matches();
  }

  /** Whether a zone of that name is one of ours. */
  static boolean isOurs(String zone) {
    return NAME.matcher(zone).matches();
  }

  private static String name(String device) {
    if (isTweeds(device)) {
      return device.replace('.', '_');
    }
    // A bridge may have any name, and a zone of that name may be a person's.
    CRC32 sum = new CRC32();
    sum.update(device.getBytes(StandardCharsets.UTF_8));
    return "tweed-x%08x".formatted(sum.getValue());
  }
}
