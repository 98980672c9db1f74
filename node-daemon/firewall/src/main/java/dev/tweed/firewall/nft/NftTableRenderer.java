package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftMatchRenderer.Elements;
import dev.tweed.firewall.nft.NftTable.Hook;
import dev.tweed.firewall.nft.NftTable.Rule;
import dev.tweed.firewall.nft.NftTable.Set;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.Sha256;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * A table in the language of nft. Every part of a line is a typed value or a constant; the only
 * free text is in comments, see {@link NftComment}. The last chain is the seal: no packet comes
 * there, and the comment of its rule says what the table was made of. How it was listed then is
 * added to it after the table is written, see {@link FoundTable}.
 */
final class NftTableRenderer {

  static final String SEAL = "seal";

  /** Of a digest; they tell all tables apart. */
  static final int DIGEST_BYTES = 16;

  private static final String RATE = "limit rate 3/minute burst 10 packets ";

  private final NftTable table;
  private final java.util.Set<String> sets = new HashSet<>();
  private final StringBuilder constants = new StringBuilder();

  private NftTableRenderer(NftTable table) {
    this.table = table;
  }

  static NftText render(NftTable table) {
    return new NftTableRenderer(table).render();
  }

  private NftText render() {
    int rules = 0;
    StringBuilder chains = new StringBuilder();
    for (NftTable.Chain chain : table.chains()) {
      List<String> lines = new ArrayList<>();
      for (Rule rule : chain.rules()) {
        lines.addAll(lines(chain, lines.size() + 1, rule));
      }
      rules += lines.size();
      chains.append(chain(chain.name(), chain.hook(), lines));
    }
    String fixed = constants.toString() + chains;
    String made = "tweed " + Sha256.hex(named() + fixed, DIGEST_BYTES);
    String text =
        "add table inet %1$s\ndelete table inet %1$s\ntable inet %1$s {\n".formatted(table.name())
            + named()
            + fixed
            + chain(SEAL, Optional.empty(), List.of(line("return", made)))
            + "}\n";
    return new NftText(table.name(), text, rules, made);
  }

  private String named() {
    StringBuilder text = new StringBuilder();
    for (Set set : table.sets()) {
      text.append("\tset ").append(set.name()).append(" {\n");
      switch (set) {
        case Set.Seen seen ->
            text.append("\t\ttypeof ")
                .append(NftMatchRenderer.address(seen.family()))
                .append("\n\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout 30s\n");
      }
      text.append("\t}\n");
    }
    return text.toString();
  }

  private static String chain(String name, Optional<Hook> point, List<String> lines) {
    StringBuilder text = new StringBuilder("\tchain " + name + " {\n");
    point.ifPresent(
        hook ->
            text.append(
                "\t\ttype filter hook %s priority %d; policy accept;\n"
                    .formatted(hook.point(), hook.priority())));
    lines.forEach(line -> text.append("\t\t").append(line).append('\n'));
    return text.append("\t}\n").toString();
  }

  private static String line(String statement, String comment) {
    return statement + " comment \"" + comment + "\"";
  }

  private List<String> lines(NftTable.Chain chain, int number, Rule rule) {
    return switch (rule) {
      case Rule.Fixed fixed -> List.of(line(fixed.statement(), fixed.comment()));
      case Rule.Narrowed narrowed ->
          List.of(
              line(
                  match(chain, number, narrowed.match(), NftTable.View.AS_IT_IS)
                      + narrowed.statement(),
                  narrowed.comment()));
      case Rule.OfPerson(var row, var matched, var view) -> {
        String match = match(chain, number, matched, view);
        List<String> lines = new ArrayList<>();
        if (row.logging() != Logging.NONE) {
          lines.add(line(match + log(row), NftComment.of(row)));
        }
        lines.add(line(match + verdict(row, matched), NftComment.of(row)));
        yield lines;
      }
    };
  }

  private String match(NftTable.Chain chain, int number, NftMatch match, NftTable.View view) {
    return NftMatchRenderer.render(
        match, view, list -> place(chain.name() + "-" + number + "-" + list.name(), list));
  }

  private String place(String name, Elements list) {
    if (!list.isLong()) {
      return list.inline();
    }
    if (sets.add(name)) {
      constants.append(list.definition(name));
    }
    return "@" + name;
  }

  private static String verdict(FilterRow row, NftMatch match) {
    return switch (row.action()) {
      case ALLOW -> "accept";
      case DENY -> "drop";
      case REJECT ->
          match.protocols().equals(List.of(Protocol.TCP)) ? "reject with tcp reset" : "reject";
      case LIMIT -> "jump limited";
    };
  }

  private static String log(FilterRow row) {
    String verdict =
        switch (row.action()) {
          case ALLOW -> "ALLOW";
          case DENY, REJECT -> "BLOCK";
          case LIMIT -> "LIMIT";
        };
    return (row.logging() == Logging.NEW ? "ct state new " : "")
        + RATE
        + "log prefix \"[TWEED "
        + verdict
        + "] \"";
  }
}
