package dev.tweed.netlink.codec;

import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Transactions of nf_tables to bytes, as nft itself sends them but for the user data of sets. One
 * transaction is one datagram.
 */
public final class NfRequestEncoder {

  private static final int ADD = Rt.NLM_F_REQUEST | Rt.NLM_F_CREATE;

  /** No request without elements or expressions needs more: its names are the longest part. */
  private static final int MAX_FIXED_BYTES = 2048;

  /** No expression without a name or a value needs more. */
  private static final int MAX_EXPRESSION_BYTES = 112;

  private static final int MAX_USER_DATA = 256; // NFT_USERDATA_MAXLEN

  /** As the kernel takes it for a set that has no name. */
  private static final String NAMELESS = "__set%d";

  /** The list of elements is an attribute, whose length has 16 bits. */
  private static final int MAX_ELEMENTS_BYTES = 60_000;

  private final MessageWriter out;

  /** Sets of the transaction under way, which are known by number until it is applied. */
  private final Map<String, Integer> setNumbers = new HashMap<>();

  private int lastSetNumber;

  /** Where what is loaded next goes to. */
  private int register = Rt.NFT_REG_1;

  /** Encodes to this writer. */
  public NfRequestEncoder(MessageWriter out) {
    this.out = out;
  }

  /** How many bytes a transaction takes at most. */
  public static int maxBytes(List<NfRequest> transaction) {
    long bytes = 2L * MAX_FIXED_BYTES;
    for (NfRequest request : transaction) {
      bytes +=
          switch (request) {
            case NfRequest.AddConstant add -> bytesOf(add.table(), add.set(), add.content());
            case NfRequest.AddRule add -> bytesOf(add.rule());
            case NfRequest.InsertRule insert -> bytesOf(insert.rule());
            case NfRequest.AddElements add -> bytesOf(add.elements());
            case NfRequest.AddVerdicts add -> bytesOf(add.verdicts());
            case NfRequest.DeleteElements delete -> bytesOf(delete.elements());
            default -> MAX_FIXED_BYTES;
          };
    }
    return Math.toIntExact(bytes);
  }

  private static long bytesOf(NfRule rule) {
    int texts =
        rule.table().name().length()
            + rule.chain().length()
            + rule.comment().length()
            + rule.digest().length();
    return 2L * MAX_EXPRESSION_BYTES
        + bytesOf(texts)
        + rule.expressions().stream()
            .mapToLong(step -> MAX_EXPRESSION_BYTES + bytesOf(rule.table(), step))
            .sum();
  }

  private static long bytesOf(NfTable table, NfExpression expression) {
    return switch (expression) {
      case NfExpression.Equal equal -> equal.value().size();
      case NfExpression.Different different -> different.value().size();
      case NfExpression.Mask mask -> 2L * mask.bits().size();
      case NfExpression.AnyOf any -> bytesOf(table, NAMELESS, any);
      case NfExpression.Lookup lookup -> bytesOf(lookup.set().length());
      case NfExpression.Dispatch dispatch -> bytesOf(dispatch.set().length());
      case NfExpression.Update update -> MAX_EXPRESSION_BYTES + bytesOf(update.set().length());
      case NfExpression.Verdict verdict -> bytesOf(verdict.chain().length());
      case NfExpression.Log log -> bytesOf(log.prefix().length());
      default -> 0L;
    };
  }

  /** Names and other texts in UTF-8. */
  private static long bytesOf(int characters) {
    return 3L * characters;
  }

  private static long bytesOf(NfTable table, String set, NfExpression.AnyOf any) {
    long elements = (2L * any.intervals().size() + 1) * (24 + any.key().bytes());
    long messages = 2 + elements / (MAX_ELEMENTS_BYTES / 2);
    long each = 2 * MAX_EXPRESSION_BYTES + bytesOf(table.name().length() + set.length());
    return messages * each + elements;
  }

  private static long bytesOf(List<NfValue> elements) {
    long bytes = elements.stream().mapToLong(NfRequestEncoder::bytesOf).sum();
    return bytes + MAX_FIXED_BYTES * (2 + bytes / (MAX_ELEMENTS_BYTES / 2));
  }

  private static long bytesOf(Map<NfValue, NfExpression.Verdict> verdicts) {
    long bytes =
        verdicts.values().stream()
            .mapToLong(v -> 5L * Rt.NLA_HEADER_BYTES + bytesOf(v.chain().length() + 2))
            .sum();
    return bytes + bytesOf(List.copyOf(verdicts.keySet())) * (1 + bytes / MAX_ELEMENTS_BYTES);
  }

  private static int bytesOf(NfValue element) {
    return 3 * Rt.NLA_HEADER_BYTES + Rt.align(element.size());
  }

  /**
   * Writes a transaction. Its beginning has the sequence number given, each request the next; the
   * last request asks for an acknowledgement.
   *
   * @throws IllegalArgumentException if there are no requests
   */
  public void encode(List<NfRequest> transaction, int sequence) {
    if (transaction.isEmpty()) {
      throw new IllegalArgumentException("a transaction of nothing is answered by nothing");
    }
    setNumbers.clear();
    lastSetNumber = 0;
    border(Rt.NFNL_MSG_BATCH_BEGIN, sequence);
    int next = sequence;
    for (NfRequest request : transaction) {
      encode(request, ++next);
    }
    out.requestAck();
    border(Rt.NFNL_MSG_BATCH_END, ++next);
  }

  private void border(int type, int sequence) {
    out.begin(type, Rt.NLM_F_REQUEST, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u8(0).u8(Rt.NFNL_SUBSYS_NFTABLES); // big-endian res_id
    out.end();
  }

  private void begin(int type, int flags, NfTable table, int sequence) {
    out.begin(Rt.NFNL_SUBSYS_NFTABLES << 8 | type, flags, sequence);
    out.u8(table.family().number()).u8(0).u16(0); // struct nfgenmsg
    out.attributeText(Rt.NFTA_TABLE, table.name());
  }

  private void encode(NfRequest request, int sequence) {
    switch (request) {
      case NfRequest.AddTable add -> {
        begin(Rt.NFT_MSG_NEWTABLE, Rt.NLM_F_REQUEST, add.table(), sequence);
        out.attribute32NetworkOrder(Rt.NFTA_TABLE_FLAGS, 0);
        out.end();
      }
      case NfRequest.DeleteTable delete -> {
        begin(Rt.NFT_MSG_DELTABLE, Rt.NLM_F_REQUEST, delete.table(), sequence);
        out.end();
      }
      case NfRequest.AddChain add -> chain(add.chain(), sequence);
      case NfRequest.AddSet add -> set(add.set(), sequence);
      case NfRequest.AddConstant add -> {
        setNumbers.put(add.set(), ++lastSetNumber);
        constant(add.table(), add.set(), 0, add.content(), sequence);
      }
      case NfRequest.DeleteChain delete -> {
        begin(Rt.NFT_MSG_DELCHAIN, Rt.NLM_F_REQUEST, delete.table(), sequence);
        out.attributeText(Rt.NFTA_CHAIN_NAME, delete.chain());
        out.end();
      }
      case NfRequest.DeleteSet delete -> {
        begin(Rt.NFT_MSG_DELSET, Rt.NLM_F_REQUEST, delete.table(), sequence);
        out.attributeText(Rt.NFTA_SET_NAME, delete.set());
        out.end();
      }
      case NfRequest.AddVerdicts add ->
          elements(
              Rt.NFT_MSG_NEWSETELEM,
              ADD,
              add.table(),
              add.set(),
              setNumbers.getOrDefault(add.set(), 0),
              add.verdicts().entrySet().stream()
                  .map(e -> new Element(e.getKey(), false, Optional.of(e.getValue())))
                  .toList(),
              sequence);
      case NfRequest.AddRule add -> rule(add.rule(), Rt.NLM_F_APPEND, 0, sequence);
      case NfRequest.InsertRule insert -> rule(insert.rule(), 0, insert.before(), sequence);
      case NfRequest.DeleteRules delete -> {
        begin(Rt.NFT_MSG_DELRULE, Rt.NLM_F_REQUEST, delete.table(), sequence);
        out.attributeText(Rt.NFTA_RULE_CHAIN, delete.chain());
        out.end();
      }
      case NfRequest.DeleteRule delete -> {
        begin(Rt.NFT_MSG_DELRULE, Rt.NLM_F_REQUEST, delete.table(), sequence);
        out.attributeText(Rt.NFTA_RULE_CHAIN, delete.chain());
        out.attribute64NetworkOrder(Rt.NFTA_RULE_HANDLE, delete.handle());
        out.end();
      }
      case NfRequest.AddElements add ->
          elements(
              Rt.NFT_MSG_NEWSETELEM,
              ADD,
              add.table(),
              add.set(),
              setNumbers.getOrDefault(add.set(), 0),
              ofValues(add.elements()),
              sequence);
      case NfRequest.DeleteElements delete ->
          elements(
              Rt.NFT_MSG_DELSETELEM,
              Rt.NLM_F_REQUEST,
              delete.table(),
              delete.set(),
              0,
              ofValues(delete.elements()),
              sequence);
    }
  }

  private void chain(NfChain chain, int sequence) {
    begin(Rt.NFT_MSG_NEWCHAIN, ADD, chain.table(), sequence);
    out.attributeText(Rt.NFTA_CHAIN_NAME, chain.name());
    chain
        .hook()
        .ifPresent(
            hook -> {
              out.attributeText(Rt.NFTA_CHAIN_TYPE, hook.type().text());
              out.attribute32NetworkOrder(Rt.NFTA_CHAIN_POLICY, hook.accepts() ? 1 : 0);
              int nest = out.beginNest(Rt.NFTA_CHAIN_HOOK);
              out.attribute32NetworkOrder(Rt.NFTA_HOOK_HOOKNUM, hook.point().number());
              out.attribute32NetworkOrder(Rt.NFTA_HOOK_PRIORITY, hook.priority());
              out.endNest(nest);
            });
    out.end();
  }

  private void set(NfSet set, int sequence) {
    setNumbers.put(set.name(), ++lastSetNumber);
    beginSet(
        set.table(),
        set.name(),
        (set.learning().isPresent() ? Rt.NFT_SET_TIMEOUT | Rt.NFT_SET_EVAL : 0)
            | (set.verdicts() ? Rt.NFT_SET_MAP : 0),
        set.key(),
        sequence);
    if (set.verdicts()) {
      out.attribute32NetworkOrder(Rt.NFTA_SET_DATA_TYPE, Rt.NFT_DATA_VERDICT);
    }
    set.learning()
        .ifPresent(
            learning -> {
              size(learning.size());
              out.attribute64NetworkOrder(Rt.NFTA_SET_TIMEOUT, learning.timeoutMillis());
            });
    out.end();
  }

  private void beginSet(NfTable table, String name, int flags, NfSet.Key key, int sequence) {
    begin(Rt.NFT_MSG_NEWSET, ADD, table, sequence);
    out.attributeText(Rt.NFTA_SET_NAME, name);
    out.attribute32NetworkOrder(Rt.NFTA_SET_FLAGS, flags);
    out.attribute32NetworkOrder(Rt.NFTA_SET_KEY_TYPE, key.type());
    out.attribute32NetworkOrder(Rt.NFTA_SET_KEY_LEN, key.bytes());
    out.attribute32NetworkOrder(Rt.NFTA_SET_ID, lastSetNumber);
  }

  private void size(int elements) {
    int nest = out.beginNest(Rt.NFTA_SET_DESC);
    out.attribute32NetworkOrder(Rt.NFTA_SET_DESC_SIZE, elements);
    out.endNest(nest);
  }

  /** A set with its elements, by the number given last. */
  private void constant(
      NfTable table, String name, int flags, NfExpression.AnyOf content, int sequence) {
    List<Element> elements = ofIntervals(content);
    int sort = Rt.NFT_SET_CONSTANT | (content.hasRanges() ? Rt.NFT_SET_INTERVAL : 0);
    beginSet(table, name, flags | sort, content.key(), sequence);
    size(elements.size());
    out.end();
    elements(Rt.NFT_MSG_NEWSETELEM, ADD, table, name, lastSetNumber, elements, sequence);
  }

  /**
   * An element as the kernel has it.
   *
   * @param end whether it is the first value behind an interval
   * @param verdict of a set of verdicts
   */
  private record Element(NfValue value, boolean end, Optional<NfExpression.Verdict> verdict) {
    Element(NfValue value, boolean end) {
      this(value, end, Optional.empty());
    }
  }

  private static List<Element> ofValues(List<NfValue> values) {
    return values.stream().map(value -> new Element(value, false)).toList();
  }

  /** Each interval has a beginning, and an end unless it holds the greatest value. */
  private static List<Element> ofIntervals(NfExpression.AnyOf content) {
    List<Element> elements = new ArrayList<>();
    NfValue first = content.intervals().getFirst().first();
    if (content.hasRanges() && !first.isZero()) {
      elements.add(new Element(NfValue.ofNumber(0, first.size()), true)); // as nft does
    }
    for (NfInterval interval : content.intervals()) {
      elements.add(new Element(interval.first(), false));
      if (content.hasRanges()) {
        interval.last().next().ifPresent(behind -> elements.add(new Element(behind, true)));
      }
    }
    return elements;
  }

  /**
   * @param number of a set of this transaction, or 0
   */
  private void elements(
      int type,
      int flags,
      NfTable table,
      String set,
      int number,
      List<Element> elements,
      int sequence) {
    int next = 0;
    do {
      begin(type, flags, table, sequence);
      out.attributeText(Rt.NFTA_SET_ELEM_LIST_SET, set);
      if (number != 0) {
        out.attribute32NetworkOrder(Rt.NFTA_SET_ELEM_LIST_SET_ID, number);
      }
      int list = out.beginNest(Rt.NFTA_SET_ELEM_LIST_ELEMENTS);
      int full = out.position() + MAX_ELEMENTS_BYTES;
      // nft numbers the elements by the types of their attributes; the kernel does not look.
      for (int place = 1; next < elements.size() && out.position() < full; next++, place++) {
        int nest = out.beginNest(place & Rt.NLA_TYPE_MASK);
        if (elements.get(next).end()) {
          out.attribute32NetworkOrder(Rt.NFTA_SET_ELEM_FLAGS, Rt.NFT_SET_ELEM_INTERVAL_END);
        }
        int key = out.beginNest(Rt.NFTA_SET_ELEM_KEY);
        out.attributeBytes(Rt.NFTA_DATA_VALUE, elements.get(next).value().toBytes());
        out.endNest(key);
        elements
            .get(next)
            .verdict()
            .ifPresent(
                verdict -> {
                  int data = out.beginNest(Rt.NFTA_SET_ELEM_DATA);
                  verdict(verdict);
                  out.endNest(data);
                });
        out.endNest(nest);
      }
      out.endNest(list);
      out.end();
    } while (next < elements.size());
  }

  /** A rule, with its sets that have no names before it. */
  private void rule(NfRule rule, int flags, long before, int sequence) {
    int lastOfOthers = lastSetNumber;
    for (NfExpression expression : rule.expressions()) {
      if (expression instanceof NfExpression.AnyOf any) {
        lastSetNumber++;
        constant(rule.table(), NAMELESS, Rt.NFT_SET_ANONYMOUS, any, sequence);
      }
    }
    begin(Rt.NFT_MSG_NEWRULE, ADD | flags, rule.table(), sequence);
    out.attributeText(Rt.NFTA_RULE_CHAIN, rule.chain());
    if (before != 0) {
      out.attribute64NetworkOrder(Rt.NFTA_RULE_POSITION, before);
    }
    int list = out.beginNest(Rt.NFTA_RULE_EXPRESSIONS);
    int nameless = lastOfOthers;
    for (NfExpression expression : rule.expressions()) {
      int element = out.beginNest(Rt.NFTA_LIST_ELEM);
      if (expression instanceof NfExpression.AnyOf) {
        lookup(NAMELESS, ++nameless, false);
      } else {
        expression(expression);
      }
      out.endNest(element);
    }
    out.endNest(list);
    byte[] data = userData(rule);
    if (data.length > 0) {
      out.attributeBytes(Rt.NFTA_RULE_USERDATA, data);
    }
    out.end();
  }

  private void lookup(String set, int number, boolean inverted) {
    int data = named("lookup");
    out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_SREG, Rt.NFT_REG_1);
    out.attributeText(Rt.NFTA_LOOKUP_SET, set);
    if (number != 0) {
      out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_SET_ID, number);
    }
    if (inverted) {
      out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_FLAGS, Rt.NFT_LOOKUP_F_INV);
    }
    out.endNest(data);
  }

  private static byte[] userData(NfRule rule) {
    ByteBuffer data = ByteBuffer.allocate(MAX_USER_DATA);
    userText(data, Rt.NFTNL_UDATA_RULE_COMMENT, rule.comment(), NfRule.MAX_COMMENT);
    userText(data, Rt.UDATA_RULE_DIGEST, rule.digest(), NfRule.MAX_DIGEST);
    return Arrays.copyOf(data.array(), data.position());
  }

  /** Type, length and text with its NUL, as libnftnl has it. */
  private static void userText(ByteBuffer data, int type, String says, int most) {
    byte[] text = says.getBytes(StandardCharsets.UTF_8);
    if (text.length > most) {
      throw new IllegalArgumentException(
          "a comment has at most " + most + " bytes, not " + text.length);
    }
    if (text.length > 0) {
      data.put((byte) type).put((byte) (text.length + 1)).put(text).put((byte) 0);
    }
  }

  private void expression(NfExpression expression) {
    switch (expression) {
      case NfExpression.Meta meta -> {
        int data = named("meta");
        out.attribute32NetworkOrder(Rt.NFTA_META_KEY, meta.key().number());
        out.attribute32NetworkOrder(Rt.NFTA_META_DREG, register);
        out.endNest(data);
      }
      case NfExpression.Payload payload -> {
        int data = named("payload");
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_DREG, register);
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_BASE, payload.base().number());
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_OFFSET, payload.offset());
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_LEN, payload.bytes());
        out.endNest(data);
      }
      case NfExpression.Conntrack conntrack -> {
        int data = named("ct");
        out.attribute32NetworkOrder(Rt.NFTA_CT_KEY, conntrack.key().number());
        out.attribute32NetworkOrder(Rt.NFTA_CT_DREG, Rt.NFT_REG_1);
        if (conntrack.key().isDirected()) {
          out.attribute8(Rt.NFTA_CT_DIRECTION, Rt.IP_CT_DIR_ORIGINAL);
        }
        out.endNest(data);
      }
      case NfExpression.Tuple tuple -> {
        int data = named("ct");
        out.attribute32NetworkOrder(Rt.NFTA_CT_KEY, tuple.key().number());
        out.attribute32NetworkOrder(Rt.NFTA_CT_DREG, register);
        out.attribute8(
            Rt.NFTA_CT_DIRECTION, tuple.reply() ? Rt.IP_CT_DIR_REPLY : Rt.IP_CT_DIR_ORIGINAL);
        out.endNest(data);
      }
      case NfExpression.Behind behind -> {
        register = Rt.NFT_REG32_00 + behind.words();
        expression(behind.load());
        register = Rt.NFT_REG_1;
      }
      case NfExpression.Dispatch dispatch -> {
        int data = named("lookup");
        out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_SREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_DREG, Rt.NFT_REG_VERDICT);
        out.attributeText(Rt.NFTA_LOOKUP_SET, dispatch.set());
        if (setNumbers.containsKey(dispatch.set())) {
          out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_SET_ID, setNumbers.get(dispatch.set()));
        }
        out.endNest(data);
      }
      case NfExpression.DestinationType _ -> {
        int data = named("fib");
        out.attribute32NetworkOrder(Rt.NFTA_FIB_DREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_FIB_RESULT, Rt.NFT_FIB_RESULT_ADDRTYPE);
        out.attribute32NetworkOrder(Rt.NFTA_FIB_FLAGS, Rt.NFTA_FIB_F_DADDR);
        out.endNest(data);
      }
      case NfExpression.Bridged _ -> {
        int data = named("match");
        byte[] info = new byte[Rt.XT_PHYSDEV_INFO_BYTES];
        info[Rt.XT_PHYSDEV_BITMASK] = Rt.XT_PHYSDEV_OP_BRIDGED;
        out.attributeText(Rt.NFTA_MATCH_NAME, "physdev");
        out.attribute32NetworkOrder(Rt.NFTA_MATCH_REV, 0);
        out.attributeBytes(Rt.NFTA_MATCH_INFO, info);
        out.endNest(data);
      }
      case NfExpression.Mask mask -> {
        int data = named("bitwise");
        out.attribute32NetworkOrder(Rt.NFTA_BITWISE_SREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_BITWISE_DREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_BITWISE_LEN, mask.bits().size());
        value(Rt.NFTA_BITWISE_MASK, mask.bits());
        value(Rt.NFTA_BITWISE_XOR, NfValue.ofNumber(0, mask.bits().size()));
        out.endNest(data);
      }
      case NfExpression.Equal equal -> compare(Rt.NFT_CMP_EQ, equal.value());
      case NfExpression.Different different -> compare(Rt.NFT_CMP_NEQ, different.value());
      case NfExpression.Lookup lookup ->
          lookup(lookup.set(), setNumbers.getOrDefault(lookup.set(), 0), lookup.inverted());
      case NfExpression.Update update -> {
        int data = named("dynset");
        out.attribute32NetworkOrder(Rt.NFTA_DYNSET_SREG_KEY, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_DYNSET_OP, Rt.NFT_DYNSET_OP_UPDATE);
        out.attributeText(Rt.NFTA_DYNSET_SET_NAME, update.set());
        if (setNumbers.containsKey(update.set())) {
          out.attribute32NetworkOrder(Rt.NFTA_DYNSET_SET_ID, setNumbers.get(update.set()));
        }
        update
            .limit()
            .ifPresent(
                limit -> {
                  int nest = out.beginNest(Rt.NFTA_DYNSET_EXPR);
                  expression(limit);
                  out.endNest(nest);
                });
        out.endNest(data);
      }
      case NfExpression.Limit limit -> {
        int data = named("limit");
        out.attribute64NetworkOrder(Rt.NFTA_LIMIT_RATE, limit.perMinute());
        out.attribute64NetworkOrder(Rt.NFTA_LIMIT_UNIT, 60);
        out.attribute32NetworkOrder(Rt.NFTA_LIMIT_BURST, limit.burst());
        out.attribute32NetworkOrder(Rt.NFTA_LIMIT_TYPE, Rt.NFT_LIMIT_PKTS);
        out.attribute32NetworkOrder(Rt.NFTA_LIMIT_FLAGS, limit.over() ? Rt.NFT_LIMIT_F_INV : 0);
        out.endNest(data);
      }
      case NfExpression.Log log -> {
        int data = named("log");
        out.attributeText(Rt.NFTA_LOG_PREFIX, log.prefix());
        log.group()
            .ifPresent(
                group -> {
                  out.attribute16NetworkOrder(Rt.NFTA_LOG_GROUP, group);
                  out.attribute32NetworkOrder(Rt.NFTA_LOG_SNAPLEN, NfExpression.Log.COPIED_BYTES);
                });
        out.endNest(data);
      }
      case NfExpression.Masquerade masquerade -> {
        int data = named("masq");
        if (masquerade.fullyRandom()) {
          out.attribute32NetworkOrder(Rt.NFTA_MASQ_FLAGS, Rt.NF_NAT_RANGE_PROTO_RANDOM_FULLY);
        }
        out.endNest(data);
      }
      case NfExpression.Put put -> {
        int data = named("immediate");
        out.attribute32NetworkOrder(Rt.NFTA_IMMEDIATE_DREG, put.register().number());
        value(Rt.NFTA_IMMEDIATE_DATA, put.value());
        out.endNest(data);
      }
      case NfExpression.DestinationNat translation -> {
        int data = named("nat");
        out.attribute32NetworkOrder(Rt.NFTA_NAT_TYPE, Rt.NFT_NAT_DNAT);
        out.attribute32NetworkOrder(Rt.NFTA_NAT_FAMILY, translation.family().number());
        out.attribute32NetworkOrder(
            Rt.NFTA_NAT_REG_ADDR_MIN, NfExpression.Put.Register.FIRST.number());
        out.attribute32NetworkOrder(
            Rt.NFTA_NAT_REG_PROTO_MIN, NfExpression.Put.Register.SECOND.number());
        out.endNest(data);
      }
      case NfExpression.Reject reject -> {
        int data = named("reject");
        boolean reset = reject == NfExpression.Reject.TCP_RESET;
        out.attribute32NetworkOrder(
            Rt.NFTA_REJECT_TYPE, reset ? Rt.NFT_REJECT_TCP_RST : Rt.NFT_REJECT_ICMPX_UNREACH);
        if (!reset) {
          out.attribute8(Rt.NFTA_REJECT_ICMP_CODE, Rt.NFT_REJECT_ICMPX_PORT_UNREACH);
        }
        out.endNest(data);
      }
      case NfExpression.Counter counter -> {
        int data = named("counter");
        if (!counter.equals(NfExpression.Counter.ZERO)) {
          out.attribute64NetworkOrder(Rt.NFTA_COUNTER_BYTES, counter.bytes());
          out.attribute64NetworkOrder(Rt.NFTA_COUNTER_PACKETS, counter.packets());
        }
        out.endNest(data);
      }
      case NfExpression.Verdict verdict -> {
        int data = named("immediate");
        out.attribute32NetworkOrder(Rt.NFTA_IMMEDIATE_DREG, Rt.NFT_REG_VERDICT);
        int value = out.beginNest(Rt.NFTA_IMMEDIATE_DATA);
        verdict(verdict);
        out.endNest(value);
        out.endNest(data);
      }
      case NfExpression.AnyOf any ->
          throw new IllegalArgumentException("has a set of its own: " + any);
      case NfExpression.Other other ->
          throw new IllegalArgumentException("cannot write an expression of kind " + other.name());
    }
  }

  private void verdict(NfExpression.Verdict verdict) {
    int code = out.beginNest(Rt.NFTA_DATA_VERDICT);
    out.attribute32NetworkOrder(Rt.NFTA_VERDICT_CODE, verdict.code().number());
    if (!verdict.chain().isEmpty()) {
      out.attributeText(Rt.NFTA_VERDICT_CHAIN, verdict.chain());
    }
    out.endNest(code);
  }

  private void compare(int operation, NfValue with) {
    int data = named("cmp");
    out.attribute32NetworkOrder(Rt.NFTA_CMP_SREG, Rt.NFT_REG_1);
    out.attribute32NetworkOrder(Rt.NFTA_CMP_OP, operation);
    value(Rt.NFTA_CMP_DATA, with);
    out.endNest(data);
  }

  private void value(int attribute, NfValue value) {
    int nest = out.beginNest(attribute);
    out.attributeBytes(Rt.NFTA_DATA_VALUE, value.toBytes());
    out.endNest(nest);
  }

  private int named(String name) {
    out.attributeText(Rt.NFTA_EXPR_NAME, name);
    return out.beginNest(Rt.NFTA_EXPR_DATA);
  }
}
