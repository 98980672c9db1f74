package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.nft.NfTable;
import java.nio.ByteBuffer;

/**
 * Questions to bytes. Dumps are written for NETLINK_GET_STRICT_CHK: the kernel then filters, and
 * refuses what it does not understand instead of ignoring it.
 */
public final class QueryEncoder {
  private static final int DUMP = Rt.NLM_F_REQUEST | Rt.NLM_F_DUMP;
  private static final int GET = Rt.NLM_F_REQUEST | Rt.NLM_F_ACK;

  private final MessageWriter out;

  /** Encodes to this writer. */
  public QueryEncoder(MessageWriter out) {
    this.out = out;
  }

  /** All links. */
  public void links(int sequence) {
    out.begin(Rt.RTM_GETLINK, DUMP, sequence);
    linkHeader(0);
    out.end();
  }

  /** How many policies IPsec has; of NETLINK_XFRM. */
  public void ipsecPolicies(int sequence) {
    out.begin(Rt.XFRM_MSG_GETSPDINFO, GET, sequence);
    out.u32(0); // flags
    out.end();
  }

  /** The number of the nftables ruleset; of NETLINK_NETFILTER. */
  public void nftGeneration(int sequence) {
    out.begin(Rt.NFNL_SUBSYS_NFTABLES << 8 | Rt.NFT_MSG_GETGEN, GET, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u16(0); // struct nfgenmsg
    out.end();
  }

  /**
   * Takes a group of the packet log, with so many bytes of each packet; of NETLINK_NETFILTER.
   *
   * @param group 0..65535
   */
  public void packetLog(int group, int copiedBytes, int sequence) {
    out.begin(Rt.NFNL_SUBSYS_ULOG << 8 | Rt.NFULNL_MSG_CONFIG, GET, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u8(group >>> 8).u8(group); // big-endian res_id
    out.attribute8(Rt.NFULA_CFG_CMD, Rt.NFULNL_CFG_CMD_BIND);
    byte[] mode =
        ByteBuffer.allocate(6).putInt(copiedBytes).put((byte) Rt.NFULNL_COPY_PACKET).array();
    out.attributeBytes(Rt.NFULA_CFG_MODE, mode);
    out.end();
  }

  /** One table of nf_tables. */
  public void nfTable(NfTable table, int sequence) {
    beginNf(Rt.NFT_MSG_GETTABLE, GET, table, sequence);
    out.end();
  }

  /** One chain by name. */
  public void nfChain(NfTable table, String chain, int sequence) {
    nf(Rt.NFT_MSG_GETCHAIN, GET, table, Rt.NFTA_CHAIN_NAME, chain, sequence);
  }

  /** One set by name. */
  public void nfSet(NfTable table, String set, int sequence) {
    nf(Rt.NFT_MSG_GETSET, GET, table, Rt.NFTA_SET_NAME, set, sequence);
  }

  /** All chains of nf_tables of the table's family: the kernel does not ask for the table. */
  public void nfChains(NfTable table, int sequence) {
    beginNf(Rt.NFT_MSG_GETCHAIN, DUMP, table, sequence);
    out.end();
  }

  /** All sets of a table. */
  public void nfSets(NfTable table, int sequence) {
    beginNf(Rt.NFT_MSG_GETSET, DUMP, table, sequence);
    out.end();
  }

  /** The rules of a chain. */
  public void nfRules(NfTable table, String chain, int sequence) {
    nf(Rt.NFT_MSG_GETRULE, DUMP, table, Rt.NFTA_RULE_CHAIN, chain, sequence);
  }

  /** The rules of a table. */
  public void nfRules(NfTable table, int sequence) {
    beginNf(Rt.NFT_MSG_GETRULE, DUMP, table, sequence);
    out.end();
  }

  /** The elements of a set. */
  public void nfElements(NfTable table, String set, int sequence) {
    nf(Rt.NFT_MSG_GETSETELEM, DUMP, table, Rt.NFTA_SET_ELEM_LIST_SET, set, sequence);
  }

  /** What is of a table, by the name that this attribute holds. */
  private void nf(int type, int flags, NfTable table, int attribute, String name, int sequence) {
    beginNf(type, flags, table, sequence);
    out.attributeText(attribute, name);
    out.end();
  }

  private void beginNf(int type, int flags, NfTable table, int sequence) {
    out.begin(Rt.NFNL_SUBSYS_NFTABLES << 8 | type, flags, sequence);
    out.u8(table.family().number()).u8(0).u16(0); // struct nfgenmsg
    out.attributeText(Rt.NFTA_TABLE, table.name());
  }

  /** One link by name. */
  public void link(String name, int sequence) {
    out.begin(Rt.RTM_GETLINK, GET, sequence);
    linkHeader(0);
    out.attributeText(Rt.IFLA_IFNAME, name);
    out.end();
  }

  /** One link by index. */
  public void link(int index, int sequence) {
    out.begin(Rt.RTM_GETLINK, GET, sequence);
    linkHeader(index);
    out.end();
  }

  private void linkHeader(int index) {
    out.u8(Rt.AF_UNSPEC).u8(0).u16(0).u32(index).u32(0).u32(0);
    out.attribute32(Rt.IFLA_EXT_MASK, Rt.RTEXT_FILTER_SKIP_STATS);
  }

  /** All queue disciplines. */
  public void qdiscs(int sequence) {
    out.begin(Rt.RTM_GETQDISC, DUMP, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u16(0).u32(0).u32(0).u32(0).u32(0); // struct tcmsg
    out.end();
  }

  /** All addresses. */
  public void addresses(int sequence) {
    out.begin(Rt.RTM_GETADDR, DUMP, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u8(0).u8(0).u32(0);
    out.end();
  }

  /** Routes of one family; the filter's own family is not looked at. */
  public void routes(AddressFamily family, RouteFilter filter, int sequence) {
    out.begin(Rt.RTM_GETROUTE, DUMP, sequence);
    int protocol = filter.protocol().map(RouteProtocol::number).orElse(0);
    out.u8(family.number()).u8(0).u8(0).u8(0).u8(0).u8(protocol).u8(0).u8(0).u32(0);
    filter.table().ifPresent(table -> out.attribute32(Rt.RTA_TABLE, table));
    filter.linkIndex().ifPresent(link -> out.attribute32(Rt.RTA_OIF, link));
    out.end();
  }

  /** The route a packet to this address would take. */
  public void routeTo(IpAddress destination, int sequence) {
    out.begin(Rt.RTM_GETROUTE, GET, sequence);
    lookUpHeader(destination, 0, 0);
    out.attributeIp(Rt.RTA_DST, destination);
    out.end();
  }

  /**
   * The entry that decides about a packet. It is answered by one message, a route or an error; no
   * acknowledgement is asked for.
   */
  public void route(RouteQuestion question, int sequence) {
    out.begin(Rt.RTM_GETROUTE, Rt.NLM_F_REQUEST, sequence);
    int sourceBits = question.source().map(source -> source.family().bits()).orElse(0);
    lookUpHeader(question.destination(), sourceBits, Rt.RTM_F_FIB_MATCH);
    out.attributeIp(Rt.RTA_DST, question.destination());
    question.source().ifPresent(source -> out.attributeIp(Rt.RTA_SRC, source));
    if (question.inputLink() != 0) {
      out.attribute32(Rt.RTA_IIF, question.inputLink());
    }
    if (question.mark() != 0) {
      out.attribute32(Rt.RTA_MARK, question.mark());
    }
    out.end();
  }

  private void lookUpHeader(IpAddress destination, int sourceBits, int flags) {
    AddressFamily family = destination.family();
    // IPv6 tells the true table anyway and refuses the flag (inet6_rtm_valid_getroute_req()).
    int table = family == AddressFamily.IPV4 ? Rt.RTM_F_LOOKUP_TABLE : 0;
    out.u8(family.number()).u8(family.bits()).u8(sourceBits).u8(0).u8(0).u8(0).u8(0).u8(0);
    out.u32(flags | table);
  }

  /** Rules of one family. */
  public void rules(AddressFamily family, int sequence) {
    out.begin(Rt.RTM_GETRULE, DUMP, sequence);
    out.u8(family.number()).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u32(0);
    out.end();
  }

  /** All nexthop objects. */
  public void nextHopObjects(int sequence) {
    out.begin(Rt.RTM_GETNEXTHOP, DUMP, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u8(0).u8(0).u32(0); // struct nhmsg
    out.end();
  }

  /** Neighbours of both families on one device. */
  public void neighbours(int linkIndex, int sequence) {
    out.begin(Rt.RTM_GETNEIGH, DUMP, sequence);
    out.u8(Rt.AF_UNSPEC).u8(0).u16(0).u32(0).u16(0).u8(0).u8(0);
    out.attribute32(Rt.NDA_IFINDEX, linkIndex);
    out.end();
  }

  /** FDB entries of one device. */
  public void fdb(int linkIndex, int sequence) {
    out.begin(Rt.RTM_GETNEIGH, DUMP, sequence);
    out.u8(Rt.AF_BRIDGE).u8(0).u16(0).u32(linkIndex).u16(0).u8(0).u8(0);
    out.end();
  }
}
