package dev.tweed.firewall.nft;

import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTables;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Tables of which some calls go another way. */
final class OtherTables {

  private OtherTables() {}

  /** Those that write by something else. */
  @SuppressWarnings("unchecked")
  static NfTables of(
      NfTables tables, Function<List<NfRequest>, Optional<NfTables.Refusal>> execute) {
    return (NfTables)
        Proxy.newProxyInstance(
            NfTables.class.getClassLoader(),
            new Class<?>[] {NfTables.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("execute")) {
                return execute.apply((List<NfRequest>) arguments[0]);
              }
              try {
                return method.invoke(tables, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Those of a kernel that answers no question. */
  static NfTables unreadable(int errno) {
    return (NfTables)
        Proxy.newProxyInstance(
            NfTables.class.getClassLoader(),
            new Class<?>[] {NfTables.class},
            (proxy, method, arguments) -> {
              throw new NetlinkException(NetlinkException.Reason.REFUSED, errno, "refused");
            });
  }
}
