package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** What the daemon of one node found and did. Written at most every 10 s, only when changed. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeReportStatus(
    List<Condition> conditions,
    String podNetwork,
    Versions versions,
    DataPath dataPath,
    Firewall firewall,
    List<Finding> findings,
    List<Repair> repairs,
    List<SysctlValue> sysctls) {
  public NodeReportStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    findings = findings == null ? List.of() : List.copyOf(findings);
    repairs = repairs == null ? List.of() : List.copyOf(repairs);
    sysctls = sysctls == null ? List.of() : List.copyOf(sysctls);
  }

  /** Kernel release and versions of the tools used. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Versions(String tweed, String kernel, String nft, String cniPlugins) {}

  /** The device, its MTU and peers; {@code peersProgrammed} counts those verified in the kernel. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record DataPath(
      String device,
      Integer mtu,
      String underlayDevice,
      String underlayAddress,
      Integer peersExpected,
      Integer peersProgrammed,
      String txChecksum) {}

  /** The firewall manager found: {@code ufw}, {@code firewalld} or {@code none}. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Firewall(String manager, String state, String reason) {}

  /** Something wrong or notable: CamelCase reason, what it is, and what to type. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Finding(String reason, String object, String message, String remedy) {}

  /** Drift repaired since the daemon first ran on this node, by kind of object. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Repair(String kind, Long count, String lastTime) {}

  /** A sysctl Tweed keeps, with the value it wants. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SysctlValue(String name, String value) {}
}
