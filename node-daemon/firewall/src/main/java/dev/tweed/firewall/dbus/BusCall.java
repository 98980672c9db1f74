package dev.tweed.firewall.dbus;

/**
 * A method of some service.
 *
 * @param service well-known name
 * @param path of the object
 * @param method name of the interface, a point, name of the method
 * @param signature of the arguments, as D-Bus spells it; may be empty
 * @param arguments as dbus-java takes them: strings, lists, maps...
 */
public record BusCall(
    String service, String path, String method, String signature, Object... arguments) {

  String interfaceName() {
    return method.substring(0, method.lastIndexOf('.'));
  }

  String member() {
    return method.substring(method.lastIndexOf('.') + 1);
  }
}
