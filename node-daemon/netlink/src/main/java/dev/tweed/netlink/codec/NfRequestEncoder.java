package dev.tweed.netlink.codec;

import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfValue;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Transactions of nf_tables to bytes, as nft itself sends them but for the user data of sets. One
 * transaction is one datagram.
 */
public final class NfRequestEncoder {

  private static final int ADD = Rt.NLM_F_REQUEST | Rt.NLM_F_CREATE;

  /** No request without elements or expressions needs more: its names are the longest part. */
  private static final int MAX_FIXED_BYTES = 2048;

  private static final int MAX_EXPRESSION_BYTES = 512;

  /** The list of elements is an attribute, whose length has 16 bits. */
  private static final int MAX_ELEMENTS_BYTES = 60_000;

  private final MessageWriter out;

  /** Sets of the transaction under way, which are known by number until it is applied. */
  private final Map<String, Integer> setNumbers = new HashMap<>();

  /** Encodes to this writer. */
  public NfRequestEncoder(MessageWriter out) {
    this.out = out;
  }

  /** How many bytes a transaction takes at most. */
  public static int maxBytes(List<NfRequest> transaction) {
    long bytes = 2L * MAX_FIXED_BYTES;
    for (NfRequest request : transaction) {
      bytes +=
          MAX_FIXED_BYTES
              + switch (request) {
                case NfRequest.AddRule add ->
                    (long) MAX_EXPRESSION_BYTES * add.rule().expressions().size()
                        + 3L * add.rule().comment().length();
                case NfRequest.AddElements add -> bytesOf(add.elements());
                case NfRequest.DeleteElements delete -> bytesOf(delete.elements());
                default -> 0L;
              };
    }
    return Math.toIntExact(bytes);
  }

  private static long bytesOf(List<NfValue> elements) {
    long bytes = elements.stream().mapToLong(NfRequestEncoder::bytesOf).sum();
    return bytes + MAX_FIXED_BYTES * (1 + bytes / (MAX_ELEMENTS_BYTES / 2));
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
      case NfRequest.AddRule add -> rule(add.rule(), sequence);
      case NfRequest.AddElements add ->
          elements(Rt.NFT_MSG_NEWSETELEM, ADD, add.table(), add.set(), add.elements(), sequence);
      case NfRequest.DeleteElements delete ->
          elements(
              Rt.NFT_MSG_DELSETELEM,
              Rt.NLM_F_REQUEST,
              delete.table(),
              delete.set(),
              delete.elements(),
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
    int number = setNumbers.size() + 1;
    setNumbers.put(set.name(), number);
    begin(Rt.NFT_MSG_NEWSET, ADD, set.table(), sequence);
    out.attributeText(Rt.NFTA_SET_NAME, set.name());
    out.attribute32NetworkOrder(
        Rt.NFTA_SET_FLAGS, set.learning().isPresent() ? Rt.NFT_SET_TIMEOUT | Rt.NFT_SET_EVAL : 0);
    out.attribute32NetworkOrder(Rt.NFTA_SET_KEY_TYPE, set.key().type());
    out.attribute32NetworkOrder(Rt.NFTA_SET_KEY_LEN, set.key().bytes());
    out.attribute32NetworkOrder(Rt.NFTA_SET_ID, number);
    set.learning()
        .ifPresent(
            learning -> {
              int nest = out.beginNest(Rt.NFTA_SET_DESC);
              out.attribute32NetworkOrder(Rt.NFTA_SET_DESC_SIZE, learning.size());
              out.endNest(nest);
              out.attribute64NetworkOrder(Rt.NFTA_SET_TIMEOUT, learning.timeoutMillis());
            });
    out.end();
  }

  private void elements(
      int type, int flags, NfTable table, String set, List<NfValue> elements, int sequence) {
    int next = 0;
    do {
      begin(type, flags, table, sequence);
      out.attributeText(Rt.NFTA_SET_ELEM_LIST_SET, set);
      if (type == Rt.NFT_MSG_NEWSETELEM && setNumbers.containsKey(set)) {
        out.attribute32NetworkOrder(Rt.NFTA_SET_ELEM_LIST_SET_ID, setNumbers.get(set));
      }
      int list = out.beginNest(Rt.NFTA_SET_ELEM_LIST_ELEMENTS);
      int full = out.position() + MAX_ELEMENTS_BYTES;
      // nft numbers the elements by the types of their attributes; the kernel does not look.
      for (int number = 1; next < elements.size() && out.position() < full; next++, number++) {
        int element = out.beginNest(number & Rt.NLA_TYPE_MASK);
        int key = out.beginNest(Rt.NFTA_SET_ELEM_KEY);
        out.attributeBytes(Rt.NFTA_DATA_VALUE, elements.get(next).toBytes());
        out.endNest(key);
        out.endNest(element);
      }
      out.endNest(list);
      out.end();
    } while (next < elements.size());
  }

  private void rule(NfRule rule, int sequence) {
    begin(Rt.NFT_MSG_NEWRULE, ADD | Rt.NLM_F_APPEND, rule.table(), sequence);
    out.attributeText(Rt.NFTA_RULE_CHAIN, rule.chain());
    int list = out.beginNest(Rt.NFTA_RULE_EXPRESSIONS);
    for (NfExpression expression : rule.expressions()) {
      int element = out.beginNest(Rt.NFTA_LIST_ELEM);
      expression(expression);
      out.endNest(element);
    }
    out.endNest(list);
    if (!rule.comment().isEmpty()) {
      out.attributeBytes(Rt.NFTA_RULE_USERDATA, comment(rule.comment()));
    }
    out.end();
  }

  /** Type, length and text with its NUL, as libnftnl has it. */
  private static byte[] comment(String comment) {
    byte[] text = comment.getBytes(StandardCharsets.UTF_8);
    if (text.length > NfRule.MAX_COMMENT) {
      throw new IllegalArgumentException(
          "a comment has at most " + NfRule.MAX_COMMENT + " bytes, not " + text.length);
    }
    byte[] bytes = new byte[text.length + 3];
    bytes[0] = Rt.NFTNL_UDATA_RULE_COMMENT;
    bytes[1] = (byte) (text.length + 1);
    System.arraycopy(text, 0, bytes, 2, text.length);
    return bytes;
  }

  private void expression(NfExpression expression) {
    switch (expression) {
      case NfExpression.Meta meta -> {
        int data = named("meta");
        out.attribute32NetworkOrder(Rt.NFTA_META_KEY, meta.key().number());
        out.attribute32NetworkOrder(Rt.NFTA_META_DREG, Rt.NFT_REG_1);
        out.endNest(data);
      }
      case NfExpression.Payload payload -> {
        int data = named("payload");
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_DREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_BASE, payload.base().number());
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_OFFSET, payload.offset());
        out.attribute32NetworkOrder(Rt.NFTA_PAYLOAD_LEN, payload.bytes());
        out.endNest(data);
      }
      case NfExpression.Equal equal -> {
        int data = named("cmp");
        out.attribute32NetworkOrder(Rt.NFTA_CMP_SREG, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_CMP_OP, Rt.NFT_CMP_EQ);
        int value = out.beginNest(Rt.NFTA_CMP_DATA);
        out.attributeBytes(Rt.NFTA_DATA_VALUE, equal.value().toBytes());
        out.endNest(value);
        out.endNest(data);
      }
      case NfExpression.Lookup lookup -> {
        int data = named("lookup");
        out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_SREG, Rt.NFT_REG_1);
        out.attributeText(Rt.NFTA_LOOKUP_SET, lookup.set());
        setNumber(Rt.NFTA_LOOKUP_SET_ID, lookup.set());
        if (lookup.inverted()) {
          out.attribute32NetworkOrder(Rt.NFTA_LOOKUP_FLAGS, Rt.NFT_LOOKUP_F_INV);
        }
        out.endNest(data);
      }
      case NfExpression.Update update -> {
        int data = named("dynset");
        out.attribute32NetworkOrder(Rt.NFTA_DYNSET_SREG_KEY, Rt.NFT_REG_1);
        out.attribute32NetworkOrder(Rt.NFTA_DYNSET_OP, Rt.NFT_DYNSET_OP_UPDATE);
        out.attributeText(Rt.NFTA_DYNSET_SET_NAME, update.set());
        setNumber(Rt.NFTA_DYNSET_SET_ID, update.set());
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
        int code = out.beginNest(Rt.NFTA_DATA_VERDICT);
        out.attribute32NetworkOrder(Rt.NFTA_VERDICT_CODE, verdict.code().number());
        if (!verdict.chain().isEmpty()) {
          out.attributeText(Rt.NFTA_VERDICT_CHAIN, verdict.chain());
        }
        out.endNest(code);
        out.endNest(value);
        out.endNest(data);
      }
      case NfExpression.Other other ->
          throw new IllegalArgumentException("cannot write an expression of kind " + other.name());
    }
  }

  private int named(String name) {
    out.attributeText(Rt.NFTA_EXPR_NAME, name);
    return out.beginNest(Rt.NFTA_EXPR_DATA);
  }

  private void setNumber(int attribute, String set) {
    if (setNumbers.containsKey(set)) {
      out.attribute32NetworkOrder(attribute, setNumbers.get(set));
    }
  }
}
