package dev.tweed.netlink.codec;

/**
 * Numbers of the rtnetlink and nfnetlink protocols, named as in the kernel's headers
 * (include/uapi/linux: netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, if_bridge.h,
 * nexthop.h, fib_rules.h, nfnetlink.h, nf_tables.h).
 */
public final class Rt {
  // netlink.h
  public static final int NETLINK_ROUTE = 0;
  public static final int NETLINK_XFRM = 6;
  public static final int NETLINK_NETFILTER = 12;
  public static final int NLMSG_HEADER_BYTES = 16;
  public static final int NLMSG_NOOP = 1;
  public static final int NLMSG_ERROR = 2;
  public static final int NLMSG_DONE = 3;
  public static final int NLMSG_OVERRUN = 4;
  public static final int NLM_F_REQUEST = 0x1;
  public static final int NLM_F_ACK = 0x4;
  public static final int NLM_F_DUMP_INTR = 0x10;
  public static final int NLM_F_DUMP = 0x300;
  public static final int NLM_F_REPLACE = 0x100;
  public static final int NLM_F_EXCL = 0x200;
  public static final int NLM_F_CREATE = 0x400;
  public static final int NLM_F_APPEND = 0x800;
  public static final int NLM_F_CAPPED = 0x100;
  public static final int NLM_F_ACK_TLVS = 0x200;
  static final int NLA_HEADER_BYTES = 4;
  static final int NLA_F_NESTED = 0x8000;
  static final int NLA_TYPE_MASK = 0x3fff;
  static final int NLMSGERR_ATTR_MSG = 1;

  // rtnetlink.h: messages
  public static final int RTM_NEWLINK = 16;
  public static final int RTM_DELLINK = 17;
  public static final int RTM_GETLINK = 18;
  public static final int RTM_NEWADDR = 20;
  public static final int RTM_DELADDR = 21;
  public static final int RTM_GETADDR = 22;
  public static final int RTM_NEWROUTE = 24;
  public static final int RTM_DELROUTE = 25;
  public static final int RTM_GETROUTE = 26;
  public static final int RTM_NEWNEIGH = 28;
  public static final int RTM_DELNEIGH = 29;
  public static final int RTM_GETNEIGH = 30;
  public static final int RTM_NEWRULE = 32;
  public static final int RTM_DELRULE = 33;
  public static final int RTM_NEWQDISC = 36;
  public static final int RTM_GETQDISC = 38;
  public static final int RTM_NEWNETCONF = 80;
  public static final int RTM_GETRULE = 34;
  public static final int RTM_NEWNEXTHOP = 104;
  public static final int RTM_DELNEXTHOP = 105;
  public static final int RTM_GETNEXTHOP = 106;

  // rtnetlink.h: struct tcmsg, and attributes of queue disciplines
  static final int TCMSG_BYTES = 20;
  static final int TCA_KIND = 1;

  // rtnetlink.h: multicast groups
  public static final int RTNLGRP_LINK = 1;
  public static final int RTNLGRP_NEIGH = 3;
  public static final int RTNLGRP_IPV4_IFADDR = 5;
  public static final int RTNLGRP_IPV4_ROUTE = 7;
  public static final int RTNLGRP_IPV4_RULE = 8;
  public static final int RTNLGRP_IPV6_IFADDR = 9;
  public static final int RTNLGRP_IPV6_ROUTE = 11;
  public static final int RTNLGRP_IPV6_RULE = 19;
  public static final int RTNLGRP_IPV4_NETCONF = 24;
  public static final int RTNLGRP_IPV6_NETCONF = 25;
  public static final int RTNLGRP_NEXTHOP = 32;

  // socket.h
  static final int AF_UNSPEC = 0;
  static final int AF_BRIDGE = 7;

  // if.h
  static final int IFF_UP = 0x1;

  // if_link.h
  static final int IFINFOMSG_BYTES = 16;
  static final int IFLA_ADDRESS = 1;
  static final int IFLA_IFNAME = 3;
  static final int IFLA_MTU = 4;
  static final int IFLA_LINK = 5;
  static final int IFLA_MASTER = 10;
  static final int IFLA_TXQLEN = 13;
  static final int IFLA_OPERSTATE = 16;
  static final int IFLA_LINKINFO = 18;
  static final int IFLA_IFALIAS = 20;
  static final int IFLA_GROUP = 27;
  static final int IFLA_EXT_MASK = 29;
  static final int IFLA_PROMISCUITY = 30;
  static final int IFLA_XDP = 43;
  static final int IFLA_XDP_ATTACHED = 2;
  static final int IFLA_MAX_MTU = 51;
  static final int RTEXT_FILTER_SKIP_STATS = 1 << 3;
  static final int IFLA_INFO_KIND = 1;
  static final int IFLA_INFO_DATA = 2;
  static final int IFLA_INFO_SLAVE_KIND = 4;
  static final int IFLA_INFO_SLAVE_DATA = 5;
  static final int VETH_INFO_PEER = 1; // veth.h
  static final int IFLA_VXLAN_ID = 1;
  static final int IFLA_VXLAN_GROUP = 2;
  static final int IFLA_VXLAN_LINK = 3;
  static final int IFLA_VXLAN_LOCAL = 4;
  static final int IFLA_VXLAN_LEARNING = 7;
  static final int IFLA_VXLAN_PROXY = 11;
  static final int IFLA_VXLAN_L2MISS = 13;
  static final int IFLA_VXLAN_L3MISS = 14;
  static final int IFLA_VXLAN_PORT = 15;
  static final int IFLA_VXLAN_GROUP6 = 16;
  static final int IFLA_VXLAN_LOCAL6 = 17;
  static final int IFLA_VXLAN_GBP = 23;
  static final int IFLA_VXLAN_COLLECT_METADATA = 25;
  static final int IFLA_BR_STP_STATE = 5;
  static final int IFLA_BR_VLAN_FILTERING = 7;
  static final int IFLA_BR_MCAST_SNOOPING = 23;
  static final int IFLA_BRPORT_MODE = 4;

  // if_addr.h
  static final int IFADDRMSG_BYTES = 8;
  static final int IFA_ADDRESS = 1;
  static final int IFA_LOCAL = 2;
  static final int IFA_FLAGS = 8;

  // rtnetlink.h: routes
  static final int RTMSG_BYTES = 12;
  static final int RTA_DST = 1;
  static final int RTA_SRC = 2;
  static final int RTA_IIF = 3;
  static final int RTA_OIF = 4;
  static final int RTA_GATEWAY = 5;
  static final int RTA_PRIORITY = 6;
  static final int RTA_PREFSRC = 7;
  static final int RTA_METRICS = 8;
  static final int RTAX_MTU = 2;
  static final int RTA_MULTIPATH = 9;
  static final int RTA_TABLE = 15;
  static final int RTA_MARK = 16;
  static final int RTA_VIA = 18;
  static final int RTA_NH_ID = 30;
  static final int RTNEXTHOP_BYTES = 8;
  static final int RTNH_F_ONLINK = 0x4;
  static final int RTNH_F_STATUS = 0x1 | 0x8 | 0x10 | 0x20 | 0x40; // dead, offload, linkdown, ...
  static final int RTM_F_CLONED = 0x200;
  static final int RTM_F_LOOKUP_TABLE = 0x1000;
  static final int RTM_F_FIB_MATCH = 0x2000;
  static final int RT_TABLE_COMPAT = 252;

  // fib_rules.h
  static final int FIB_RULE_HDR_BYTES = 12;
  static final int FIB_RULE_INVERT = 0x2;
  static final int FRA_DST = 1;
  static final int FRA_SRC = 2;
  static final int FRA_IIFNAME = 3;
  static final int FRA_GOTO = 4;
  static final int FRA_PRIORITY = 6;
  static final int FRA_FWMARK = 10;
  static final int FRA_FLOW = 11;
  static final int FRA_TUN_ID = 12;
  static final int FRA_SUPPRESS_IFGROUP = 13;
  static final int FRA_SUPPRESS_PREFIXLEN = 14;
  static final int FRA_TABLE = 15;
  static final int FRA_FWMASK = 16;
  static final int FRA_OIFNAME = 17;
  static final int FRA_PAD = 18;
  static final int FRA_L3MDEV = 19;
  static final int FRA_UID_RANGE = 20;
  static final int FRA_PROTOCOL = 21;
  static final int FRA_IP_PROTO = 22;
  static final int FRA_SPORT_RANGE = 23;
  static final int FRA_DPORT_RANGE = 24;
  static final int FRA_DSCP = 25;
  static final int FRA_FLOWLABEL = 26;
  static final int FRA_FLOWLABEL_MASK = 27;
  static final int FRA_SPORT_MASK = 28;
  static final int FRA_DPORT_MASK = 29;
  static final int FRA_DSCP_MASK = 30;

  // nexthop.h
  static final int NHMSG_BYTES = 8;
  static final int NHA_ID = 1;
  static final int NHA_GROUP = 2;
  static final int NHA_BLACKHOLE = 4;
  static final int NHA_OIF = 5;
  static final int NHA_GATEWAY = 6;
  static final int NHA_ENCAP_TYPE = 7;
  static final int NHA_FDB = 11;

  // neighbour.h
  static final int NDMSG_BYTES = 12;
  static final int NDA_DST = 1;
  static final int NDA_LLADDR = 2;
  static final int NDA_VLAN = 5;
  static final int NDA_PORT = 6;
  static final int NDA_VNI = 7;
  static final int NDA_IFINDEX = 8;
  static final int NDA_MASTER = 9;

  // nfnetlink.h, nf_tables.h
  public static final int NFNLGRP_NFTABLES = 7;
  static final int NFGENMSG_BYTES = 4;
  static final int NFNL_SUBSYS_NFTABLES = 10;
  static final int NFNL_MSG_BATCH_BEGIN = 16;
  static final int NFNL_MSG_BATCH_END = 17;
  static final int NFT_MSG_NEWTABLE = 0;
  static final int NFT_MSG_GETTABLE = 1;
  static final int NFT_MSG_DELTABLE = 2;
  static final int NFT_MSG_NEWCHAIN = 3;
  static final int NFT_MSG_GETCHAIN = 4;
  static final int NFT_MSG_DELCHAIN = 5;
  static final int NFT_MSG_NEWRULE = 6;
  static final int NFT_MSG_GETRULE = 7;
  static final int NFT_MSG_DELRULE = 8;
  static final int NFT_MSG_NEWSET = 9;
  static final int NFT_MSG_GETSET = 10;
  static final int NFT_MSG_DELSET = 11;
  static final int NFT_MSG_NEWSETELEM = 12;
  static final int NFT_MSG_GETSETELEM = 13;
  static final int NFT_MSG_DELSETELEM = 14;
  static final int NFT_MSG_NEWGEN = 15;
  static final int NFT_MSG_GETGEN = 16;
  static final int NFTA_TABLE = 1; // the table's name in every nf_tables object but the generation
  static final int NFTA_TABLE_FLAGS = 2;
  static final int NFTA_TABLE_USE = 3;
  static final int NFT_TABLE_F_DORMANT = 0x1;
  static final int NFTA_CHAIN_NAME = 3;
  static final int NFTA_CHAIN_HOOK = 4;
  static final int NFTA_CHAIN_POLICY = 5;
  static final int NFTA_CHAIN_TYPE = 7;
  static final int NFTA_HOOK_HOOKNUM = 1;
  static final int NFTA_HOOK_PRIORITY = 2;
  static final int NFTA_RULE_CHAIN = 2;
  static final int NFTA_RULE_HANDLE = 3;
  static final int NFTA_RULE_EXPRESSIONS = 4;
  static final int NFTA_RULE_POSITION = 6;
  static final int NFTA_RULE_USERDATA = 7;
  static final int NFTA_LIST_ELEM = 1;
  static final int NFTA_EXPR_NAME = 1;
  static final int NFTA_EXPR_DATA = 2;
  static final int NFTA_DATA_VALUE = 1;
  static final int NFTA_DATA_VERDICT = 2;
  static final int NFTA_VERDICT_CODE = 1;
  static final int NFTA_VERDICT_CHAIN = 2;
  static final int NFTA_META_DREG = 1;
  static final int NFTA_META_KEY = 2;
  static final int NFTA_PAYLOAD_DREG = 1;
  static final int NFTA_PAYLOAD_BASE = 2;
  static final int NFTA_PAYLOAD_OFFSET = 3;
  static final int NFTA_PAYLOAD_LEN = 4;
  static final int NFTA_CMP_SREG = 1;
  static final int NFTA_CMP_OP = 2;
  static final int NFTA_CMP_DATA = 3;
  static final int NFTA_LOOKUP_SET = 1;
  static final int NFTA_LOOKUP_SREG = 2;
  static final int NFTA_LOOKUP_DREG = 3;
  static final int NFTA_LOOKUP_SET_ID = 4;
  static final int NFTA_LOOKUP_FLAGS = 5;
  static final int NFTA_DYNSET_SET_NAME = 1;
  static final int NFTA_DYNSET_SET_ID = 2;
  static final int NFTA_DYNSET_OP = 3;
  static final int NFTA_DYNSET_SREG_KEY = 4;
  static final int NFTA_DYNSET_SREG_DATA = 5;
  static final int NFTA_DYNSET_TIMEOUT = 6;
  static final int NFTA_DYNSET_EXPR = 7;
  static final int NFTA_DYNSET_FLAGS = 9;
  static final int NFTA_DYNSET_EXPRESSIONS = 10;
  static final int NFTA_COUNTER_BYTES = 1;
  static final int NFTA_COUNTER_PACKETS = 2;
  static final int NFTA_IMMEDIATE_DREG = 1;
  static final int NFTA_IMMEDIATE_DATA = 2;
  static final int NFT_REG_VERDICT = 0;
  static final int NFT_REG_1 = 1;
  static final int NFT_REG32_00 = 8; // the first four bytes of NFT_REG_1
  static final int NFT_DATA_VERDICT = 0xffffff00;
  static final int NFT_CMP_EQ = 0;
  static final int NFT_CMP_NEQ = 1;
  static final int NFTA_CT_DREG = 1;
  static final int NFTA_CT_KEY = 2;
  static final int NFTA_CT_DIRECTION = 3;
  static final int IP_CT_DIR_ORIGINAL = 0;
  static final int IP_CT_DIR_REPLY = 1;
  static final int NFTA_FIB_DREG = 1;
  static final int NFTA_FIB_RESULT = 2;
  static final int NFTA_FIB_FLAGS = 3;
  static final int NFT_FIB_RESULT_ADDRTYPE = 3;
  static final int NFTA_FIB_F_DADDR = 2;
  static final int NFTA_MATCH_NAME = 1;
  static final int NFTA_MATCH_REV = 2;
  static final int NFTA_MATCH_INFO = 3;
  static final int XT_PHYSDEV_INFO_BYTES = 72; // struct xt_physdev_info, XT_ALIGN
  static final int XT_PHYSDEV_BITMASK = 65;
  static final byte XT_PHYSDEV_OP_BRIDGED = 0x04;
  static final int NFTA_BITWISE_SREG = 1;
  static final int NFTA_BITWISE_DREG = 2;
  static final int NFTA_BITWISE_LEN = 3;
  static final int NFTA_BITWISE_MASK = 4;
  static final int NFTA_BITWISE_XOR = 5;
  static final int NFTA_LIMIT_RATE = 1;
  static final int NFTA_LIMIT_UNIT = 2; // seconds
  static final int NFTA_LIMIT_BURST = 3;
  static final int NFTA_LIMIT_TYPE = 4;
  static final int NFTA_LIMIT_FLAGS = 5;
  static final int NFT_LIMIT_PKTS = 0;
  static final int NFT_LIMIT_F_INV = 1;
  static final int NFTA_NAT_TYPE = 1;
  static final int NFTA_NAT_FAMILY = 2;
  static final int NFTA_NAT_REG_ADDR_MIN = 3;
  static final int NFTA_NAT_REG_PROTO_MIN = 5;
  static final int NFT_NAT_DNAT = 1;
  static final int NFTA_LOG_GROUP = 1;
  static final int NFTA_LOG_PREFIX = 2;
  static final int NFTA_LOG_SNAPLEN = 3;
  static final int NFTA_MASQ_FLAGS = 1;
  static final int NF_NAT_RANGE_PROTO_RANDOM_FULLY = 1 << 4;
  static final int NFTA_REJECT_TYPE = 1;
  static final int NFTA_REJECT_ICMP_CODE = 2;
  static final int NFT_REJECT_TCP_RST = 1;
  static final int NFT_REJECT_ICMPX_UNREACH = 2;
  static final int NFT_REJECT_ICMPX_PORT_UNREACH = 1;
  static final int NFT_DYNSET_OP_UPDATE = 1;
  static final int NFT_LOOKUP_F_INV = 1;
  static final int NFTA_SET_NAME = 2;
  static final int NFTA_SET_FLAGS = 3;
  static final int NFTA_SET_KEY_TYPE = 4;
  static final int NFTA_SET_KEY_LEN = 5;
  static final int NFTA_SET_DATA_TYPE = 6;
  static final int NFTA_SET_DESC = 9;
  static final int NFTA_SET_DESC_SIZE = 1;
  static final int NFTA_SET_ID = 10;
  static final int NFTA_SET_TIMEOUT = 11;
  static final int NFT_SET_ANONYMOUS = 0x1;
  static final int NFT_SET_CONSTANT = 0x2;
  static final int NFT_SET_INTERVAL = 0x4;
  static final int NFT_SET_MAP = 0x8;
  static final int NFT_SET_TIMEOUT = 0x10;
  static final int NFT_SET_EVAL = 0x20;
  static final int NFTA_SET_ELEM_LIST_SET = 2;
  static final int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
  static final int NFTA_SET_ELEM_LIST_SET_ID = 4;
  static final int NFTA_SET_ELEM_KEY = 1;
  static final int NFTA_SET_ELEM_DATA = 2;
  static final int NFTA_SET_ELEM_FLAGS = 3;
  static final int NFT_SET_ELEM_INTERVAL_END = 1;
  static final int NFTNL_UDATA_RULE_COMMENT = 0; // of libnftnl, and nothing to the kernel
  static final int UDATA_RULE_DIGEST = 0x54; // of ours; nft passes over what it does not know

  // nfnetlink_log.h
  static final int NFNL_SUBSYS_ULOG = 4;
  static final int NFULNL_MSG_PACKET = 0;
  static final int NFULNL_MSG_CONFIG = 1;
  static final int NFULA_CFG_CMD = 1;
  static final int NFULA_CFG_MODE = 2;
  static final int NFULNL_CFG_CMD_BIND = 1;
  static final int NFULNL_COPY_PACKET = 2;
  static final int NFULA_PACKET_HDR = 1;
  static final int NFULA_IFINDEX_INDEV = 4;
  static final int NFULA_IFINDEX_OUTDEV = 5;
  static final int NFULA_PAYLOAD = 9;
  static final int NFULA_PREFIX = 10;

  // xfrm.h
  public static final int XFRM_MSG_NEWSPDINFO = 0x24;
  static final int XFRM_MSG_GETSPDINFO = 0x25;
  static final int XFRMA_SPD_INFO = 1;

  // nf_tables.h, nfnetlink.h
  static final int NFTA_GEN_ID = 1;
  static final int NFTA_GEN_PROC_PID = 2;
  static final int NFTA_GEN_PROC_NAME = 3;

  // Types of the messages that tell of nf_tables
  public static final int NF_NEWTABLE = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE;
  public static final int NF_NEWCHAIN = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN;
  public static final int NF_NEWRULE = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE;
  public static final int NF_NEWSET = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET;
  public static final int NF_NEWSETELEM = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM;
  public static final int NF_NEWGEN = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;

  private Rt() {}

  /** Rounds up to the 4 bytes that messages and attributes are aligned to. */
  static int align(int length) {
    return length + 3 & ~3;
  }
}
