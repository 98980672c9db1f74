package dev.tweed.firewall.rules;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows in an order in which rows for ICMP have their say although what stands between lets ICMP
 * pass. Pure.
 *
 * <p>A row of no protocol that refuses does not refuse ICMP (only what leaves the host by IPv4), as
 * with ufw. Where a firewall says so by an accept of ICMP before that row, rows for ICMP have to
 * come before the accept, and with them what let ICMP in before they were asked.
 *
 * @param icmp rows for ICMP, in order, with those of no protocol that allow and come before one
 * @param rest all others, in order
 */
public record IcmpPrecedence(List<FilterRow> icmp, List<FilterRow> rest) {

  public IcmpPrecedence {
    icmp = List.copyOf(icmp);
    rest = List.copyOf(rest);
  }

  /** Splits rows of one direction. */
  public static IcmpPrecedence of(List<FilterRow> rows) {
    int last = rows.size();
    while (last > 0 && !isAhead(rows.get(last - 1))) {
      last--;
    }
    List<FilterRow> icmp = new ArrayList<>();
    List<FilterRow> rest = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      FilterRow row = rows.get(i);
      if (isAhead(row)) {
        icmp.add(row);
      } else {
        rest.add(row);
        if (i < last && letsIcmpPass(row)) {
          icmp.add(row.forIcmp());
        }
      }
    }
    return new IcmpPrecedence(icmp, rest);
  }

  private static boolean isAhead(FilterRow row) {
    return row.protocol().isIcmp() && row.direction().exemptsIcmp(row.family());
  }

  private static boolean letsIcmpPass(FilterRow row) {
    return row.protocol() == Protocol.ANY
        && row.action() == Action.ALLOW
        && !row.hasPorts()
        && row.direction().exemptsIcmp(row.family());
  }
}
