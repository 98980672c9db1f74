package dev.tweed.netlink.codec;

import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Objects of nf_tables from the messages that tell of them (NFT_MSG_NEW*). Anybody with
 * CAP_NET_ADMIN may have made them: what has no value here is empty, or an {@link
 * NfExpression.Other}.
 *
 * <p>Every method throws {@link NetlinkException} (MALFORMED) when it cannot be decoded.
 */
public final class NfDecoder {

  private static final int MAX_NAME = 255;

  private NfDecoder() {}

  /** A table; empty for families unknown here. */
  public static Optional<NfTableState> table(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String name = "";
    int flags = 0;
    int use = 0;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_TABLE -> name = name(attributes);
        case Rt.NFTA_TABLE_FLAGS -> flags = attributes.s32NetworkOrder();
        case Rt.NFTA_TABLE_USE -> use = attributes.s32NetworkOrder();
        default -> {}
      }
    }
    boolean dormant = (flags & Rt.NFT_TABLE_F_DORMANT) != 0;
    int objects = use;
    return of(message, name).map(table -> new NfTableState(table, dormant, objects));
  }

  /** A chain; empty for families, types and hooks unknown here. */
  public static Optional<NfChain> chain(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String table = "";
    String name = "";
    String type = "";
    boolean accepts = true;
    boolean hooked = false;
    int point = -1;
    int priority = 0;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_TABLE -> table = name(attributes);
        case Rt.NFTA_CHAIN_NAME -> name = name(attributes);
        case Rt.NFTA_CHAIN_TYPE -> type = attributes.text();
        case Rt.NFTA_CHAIN_POLICY -> accepts = attributes.s32NetworkOrder() != 0;
        case Rt.NFTA_CHAIN_HOOK -> {
          hooked = true;
          AttributeReader hook = attributes.nested();
          while (hook.next()) {
            switch (hook.type()) {
              case Rt.NFTA_HOOK_HOOKNUM -> point = hook.s32NetworkOrder();
              case Rt.NFTA_HOOK_PRIORITY -> priority = hook.s32NetworkOrder();
              default -> {}
            }
          }
        }
        default -> {}
      }
    }
    Optional<NfHook.Type> kind = NfHook.Type.of(type);
    Optional<NfHook.Point> where = NfHook.Point.of(point);
    if (hooked && (kind.isEmpty() || where.isEmpty())) {
      return Optional.empty();
    }
    Optional<NfHook> hook =
        hooked
            ? Optional.of(new NfHook(kind.get(), where.get(), priority, accepts))
            : Optional.empty();
    String called = name;
    return of(message, table).map(of -> new NfChain(of, called, hook));
  }

  /** The name of a chain of a table; empty for those of others. */
  public static Optional<String> chainName(Message message, NfTable table) {
    return nameIn(message, table, Rt.NFTA_CHAIN_NAME);
  }

  /** The name of a set of a table; empty for those of others, and of rules. */
  public static Optional<String> setName(Message message, NfTable table) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    boolean nameless = false;
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_SET_FLAGS) {
        nameless = (attributes.s32NetworkOrder() & Rt.NFT_SET_ANONYMOUS) != 0;
      }
    }
    return nameless ? Optional.empty() : nameIn(message, table, Rt.NFTA_SET_NAME);
  }

  private static Optional<String> nameIn(Message message, NfTable table, int attribute) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String of = "";
    String name = "";
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_TABLE) {
        of = name(attributes);
      } else if (attributes.type() == attribute) {
        name = name(attributes);
      }
    }
    String called = name;
    return of(message, of).filter(table::equals).map(t -> called);
  }

  /** A set; empty for families unknown here, for intervals and for other data than verdicts. */
  public static Optional<NfSet> set(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String table = "";
    String name = "";
    int flags = 0;
    int type = 0;
    int bytes = 0;
    int size = 0;
    int data = 0;
    long timeout = 0;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_TABLE -> table = name(attributes);
        case Rt.NFTA_SET_NAME -> name = name(attributes);
        case Rt.NFTA_SET_FLAGS -> flags = attributes.s32NetworkOrder();
        case Rt.NFTA_SET_KEY_TYPE -> type = attributes.s32NetworkOrder();
        case Rt.NFTA_SET_KEY_LEN -> bytes = attributes.s32NetworkOrder();
        case Rt.NFTA_SET_DATA_TYPE -> data = attributes.s32NetworkOrder();
        case Rt.NFTA_SET_TIMEOUT -> timeout = attributes.s64NetworkOrder();
        case Rt.NFTA_SET_DESC -> {
          AttributeReader description = attributes.nested();
          while (description.next()) {
            if (description.type() == Rt.NFTA_SET_DESC_SIZE) {
              size = description.s32NetworkOrder();
            }
          }
        }
        default -> {}
      }
    }
    boolean verdicts = (flags & Rt.NFT_SET_MAP) != 0;
    if (verdicts && data != Rt.NFT_DATA_VERDICT) {
      return Optional.empty();
    }
    flags &= ~Rt.NFT_SET_MAP;
    Optional<NfSet.Learning> learning;
    if (flags == 0) {
      learning = Optional.empty();
    } else if (flags == (Rt.NFT_SET_TIMEOUT | Rt.NFT_SET_EVAL)) {
      learning = Optional.of(new NfSet.Learning(size, timeout));
    } else {
      return Optional.empty();
    }
    String called = name;
    NfSet.Key key = new NfSet.Key(type, bytes);
    return of(message, table).map(of -> new NfSet(of, called, key, learning, verdicts));
  }

  /** Values of a part of a set's elements; those of other kinds of sets have none here. */
  public static List<NfValue> elements(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    List<NfValue> elements = new ArrayList<>();
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_SET_ELEM_LIST_ELEMENTS) {
        AttributeReader list = attributes.nested();
        while (list.next()) {
          AttributeReader element = list.nested();
          while (element.next()) {
            if (element.type() == Rt.NFTA_SET_ELEM_KEY) {
              value(element.nested()).ifPresent(elements::add);
            }
          }
        }
      }
    }
    return elements;
  }

  /** Elements of a part of a set of verdicts; those without a verdict known here are left out. */
  public static Map<NfValue, NfExpression.Verdict> verdicts(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    Map<NfValue, NfExpression.Verdict> verdicts = new HashMap<>();
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_SET_ELEM_LIST_ELEMENTS) {
        AttributeReader list = attributes.nested();
        while (list.next()) {
          verdict(list.nested(), verdicts);
        }
      }
    }
    return verdicts;
  }

  private static void verdict(
      AttributeReader element, Map<NfValue, NfExpression.Verdict> verdicts) {
    Optional<NfValue> key = Optional.empty();
    Optional<NfExpression> verdict = Optional.empty();
    while (element.next()) {
      switch (element.type()) {
        case Rt.NFTA_SET_ELEM_KEY -> key = value(element.nested());
        case Rt.NFTA_SET_ELEM_DATA -> {
          AttributeReader data = element.nested();
          while (data.next()) {
            if (data.type() == Rt.NFTA_DATA_VERDICT) {
              verdict = code(data.nested());
            }
          }
        }
        default -> {}
      }
    }
    if (key.isPresent() && verdict.orElse(null) instanceof NfExpression.Verdict known) {
      verdicts.put(key.get(), known);
    }
  }

  /** A rule; empty for families unknown here. */
  public static Optional<NfRuleState> rule(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String table = "";
    String chain = "";
    String comment = "";
    String digest = "";
    long handle = 0;
    List<NfExpression> expressions = new ArrayList<>();
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_TABLE -> table = name(attributes);
        case Rt.NFTA_RULE_CHAIN -> chain = name(attributes);
        case Rt.NFTA_RULE_HANDLE -> handle = attributes.s64NetworkOrder();
        case Rt.NFTA_RULE_USERDATA -> {
          byte[] data = attributes.raw();
          comment = userText(data, Rt.NFTNL_UDATA_RULE_COMMENT);
          digest = userText(data, Rt.UDATA_RULE_DIGEST);
        }
        case Rt.NFTA_RULE_EXPRESSIONS -> {
          AttributeReader list = attributes.nested();
          while (list.next()) {
            expressions.add(expression(list.nested()));
          }
        }
        default -> {}
      }
    }
    String in = chain;
    String says = comment;
    String known = digest;
    long number = handle;
    return of(message, table)
        .map(of -> new NfRuleState(number, new NfRule(of, in, expressions, says, known)));
  }

  private static Optional<NfTable> of(Message message, String name) {
    return NfFamily.of(message.u8(0)).map(family -> new NfTable(family, name));
  }

  private static String name(AttributeReader attribute) {
    String name = attribute.text();
    if (name.length() > MAX_NAME) {
      throw NetlinkException.malformed("a name of " + name.length() + " characters");
    }
    return name;
  }

  /** Text of a type, with its NUL, among user data as nft has it; empty if there is none. */
  private static String userText(byte[] userData, int type) {
    for (int at = 0; at + 2 <= userData.length; ) {
      int length = userData[at + 1] & 0xff;
      if (at + 2 + length > userData.length) {
        break;
      }
      if (userData[at] == type && length > 0) {
        return new String(userData, at + 2, length - 1, StandardCharsets.UTF_8);
      }
      at += 2 + length;
    }
    return "";
  }

  private static Optional<NfValue> value(AttributeReader data) {
    Optional<NfValue> value = Optional.empty();
    while (data.next()) {
      if (data.type() == Rt.NFTA_DATA_VALUE) {
        byte[] bytes = data.raw();
        if (bytes.length == 0 || bytes.length > NfValue.MAX_BYTES) {
          throw NetlinkException.malformed("a value of " + bytes.length + " bytes");
        }
        value = Optional.of(NfValue.of(bytes));
      }
    }
    return value;
  }

  private static NfExpression expression(AttributeReader attributes) {
    String name = "";
    Optional<AttributeReader> data = Optional.empty();
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_EXPR_NAME -> name = attributes.text();
        case Rt.NFTA_EXPR_DATA -> data = Optional.of(attributes.nested());
        default -> {}
      }
    }
    String kind = name;
    return data.flatMap(d -> known(kind, d)).orElseGet(() -> new NfExpression.Other(kind));
  }

  private static Optional<NfExpression> known(String kind, AttributeReader data) {
    return switch (kind) {
      case "lookup" -> lookup(data);
      case "counter" -> counter(data);
      case "immediate" -> verdict(data);
      default -> Optional.empty();
    };
  }

  private static Optional<NfExpression> lookup(AttributeReader data) {
    String set = "";
    int from = -1;
    int flags = 0;
    while (data.next()) {
      switch (data.type()) {
        case Rt.NFTA_LOOKUP_SET -> set = name(data);
        case Rt.NFTA_LOOKUP_SREG -> from = data.s32NetworkOrder();
        case Rt.NFTA_LOOKUP_FLAGS -> flags = data.s32NetworkOrder();
        case Rt.NFTA_LOOKUP_DREG -> {
          return Optional.empty(); // of a map
        }
        default -> {}
      }
    }
    return from == Rt.NFT_REG_1 && (flags & ~Rt.NFT_LOOKUP_F_INV) == 0
        ? Optional.of(new NfExpression.Lookup(set, flags != 0))
        : Optional.empty();
  }

  private static Optional<NfExpression> counter(AttributeReader data) {
    long packets = 0;
    long bytes = 0;
    while (data.next()) {
      switch (data.type()) {
        case Rt.NFTA_COUNTER_PACKETS -> packets = data.s64NetworkOrder();
        case Rt.NFTA_COUNTER_BYTES -> bytes = data.s64NetworkOrder();
        default -> {}
      }
    }
    return Optional.of(new NfExpression.Counter(packets, bytes));
  }

  private static Optional<NfExpression> verdict(AttributeReader data) {
    int to = -1;
    Optional<NfExpression> verdict = Optional.empty();
    while (data.next()) {
      switch (data.type()) {
        case Rt.NFTA_IMMEDIATE_DREG -> to = data.s32NetworkOrder();
        case Rt.NFTA_IMMEDIATE_DATA -> {
          AttributeReader value = data.nested();
          while (value.next()) {
            if (value.type() == Rt.NFTA_DATA_VERDICT) {
              verdict = code(value.nested());
            }
          }
        }
        default -> {}
      }
    }
    return to == Rt.NFT_REG_VERDICT ? verdict : Optional.empty();
  }

  private static Optional<NfExpression> code(AttributeReader verdict) {
    int code = Integer.MIN_VALUE;
    String chain = "";
    while (verdict.next()) {
      switch (verdict.type()) {
        case Rt.NFTA_VERDICT_CODE -> code = verdict.s32NetworkOrder();
        case Rt.NFTA_VERDICT_CHAIN -> chain = name(verdict);
        default -> {}
      }
    }
    String to = chain;
    return NfExpression.Verdict.Code.of(code).map(known -> new NfExpression.Verdict(known, to));
  }
}
