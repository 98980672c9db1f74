package dev.tweed.crds;

/**
 * Sizes and patterns the CRD schema enforces, for those who write these objects: a status with one
 * finding too many is refused by the API server as a whole, so writers cut before they write.
 */
public final class Limits {
  /** Characters in the message of a condition, finding or failure. */
  public static final int MESSAGE = 2048;

  /** Conditions in a status. */
  public static final int CONDITIONS = 16;

  /** Blocks in a NodeReport: one of each family, and those that are on their way out. */
  public static final int BLOCKS = 8;

  /** Findings in a NodeReport. */
  public static final int FINDINGS = 64;

  /** FirewallPolicies in a NodeReport. */
  public static final int POLICIES = 512;

  /** Characters of what a NodeReport says of one policy. */
  public static final int POLICY_MESSAGE = 512;

  /** Kinds of repairs in a NodeReport. */
  public static final int REPAIRS = 32;

  /** Sysctls in a PodNetwork's spec. */
  public static final int SYSCTLS = 32;

  /** Sysctls in a NodeReport: those of the spec and those the network needs. */
  public static final int REPORTED_SYSCTLS = 128;

  /** Failing nodes in a FirewallPolicy's status. */
  public static final int FAILURES = 10;

  /** Unreached peers in a NodeReport. */
  public static final int UNREACHED = 10;

  /** Addresses of links in a NodeReport. */
  public static final int LINK_ADDRESSES = 16;

  /** Addresses in a PodNetwork's status that two nodes claim. */
  public static final int ADDRESS_CONFLICTS = 8;

  /** Pools of a PodNetwork. */
  public static final int POOLS = 16;

  /** Ranges of a pool that are left out. */
  public static final int EXCLUDES = 16;

  /** Nodes that blocks of a PodNetwork are kept for. */
  public static final int RESERVATIONS = 64;

  /** Characters of a name, a version, a device: whatever is short and free text in a status. */
  public static final int SHORT = 256;

  /** Compiled rules of one direction of a policy. */
  public static final int PROGRAM_RULES = 2048;

  /** Ports of a compiled rule, and named ports of a pod; a longer list is several rules. */
  public static final int PROGRAM_PORTS = 64;

  /** Sets of a compiled rule; a longer list is several rules. */
  public static final int PROGRAM_SETS = 256;

  /** Networks of a compiled rule; a longer list is several rules. */
  public static final int PROGRAM_CIDRS = 1024;

  /** Exceptions of one network. */
  public static final int PROGRAM_EXCEPTIONS = 8192;

  /** Members of a slice. */
  public static final int SLICE_MEMBERS = 500;

  /** Pods of a NodePolicy, and classes. */
  public static final int NODE_PODS = 1024;

  /** Programs of a class, and of a NodePolicy's status. */
  public static final int CLASS_PROGRAMS = 10_000;

  static final int UID = 128;
  static final int PORT_NAME = 15; // IANA_SVC_NAME, as Kubernetes checks names of ports
  static final int PROGRAM_NAME = 22;
  static final int SET_NAME = 22;
  static final int CLASS_NAME = 16;
  static final int OBJECT_NAME = 253;
  static final int LABEL_KEY = 317; // 253 for the prefix, a slash, 63 for the name
  static final int LABEL_VALUE = 63;
  static final int CIDR = 43; // eight groups of four digits, seven colons, /128
  static final int IP = 39;
  static final int INTERFACE = 15; // IFNAMSIZ is 16 with the closing zero

  static final String OBJECT_NAME_PATTERN =
      "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
  static final String LABEL_KEY_PATTERN =
      "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
          + "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
  static final String LABEL_VALUE_PATTERN = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";
  static final String PORT_NAME_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
  static final String PROGRAM_NAME_PATTERN = "^p-[0-9a-f]{20}$";
  static final String SET_NAME_PATTERN = "^s-[0-9a-f]{20}$";
  static final String CLASS_NAME_PATTERN = "^c-[0-9a-f]{1,14}$";
  // Coarse: they are in lists too long for CEL, and whoever reads them parses them.
  static final String IP_PATTERN = "^[0-9a-f:.]+$";
  static final String CIDR_PATTERN = "^[0-9a-f:.]+/[0-9]{1,3}$";
  static final String INTERFACE_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$";
  static final String CAMEL_CASE = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";
  // The second digit is 2, 6, a or e: locally administered (bit 1 set), unicast (bit 0 clear).
  static final String LOCAL_UNICAST_MAC = "^[0-9a-f][26ae](:[0-9a-f]{2}){5}$";
  // Not even a tab: these end in files of the host's firewall, one line each. Nor anything a
  // terminal does not show, or shows in another order than it is: controls, marks of direction,
  // spaces of no width, private use, line and paragraph separators.
  static final String ONE_LINE = "^[^\\p{C}\\p{Zl}\\p{Zp}]*$";
  static final String SYSCTL_VALUE = "^[A-Za-z0-9-][A-Za-z0-9 ._:,-]*$";

  private Limits() {}
}
