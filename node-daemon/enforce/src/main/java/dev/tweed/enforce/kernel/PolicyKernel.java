package dev.tweed.enforce.kernel;

import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.enforce.table.PolicyTableDiff;
import dev.tweed.enforce.table.SpoofTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The kernel of the network namespace of the thread that uses it first, as far as policies go.
 * Every method may throw {@link NetlinkException}. Not safe for use by several threads.
 */
public final class PolicyKernel implements AutoCloseable {

  private final NfTables tables;
  private final PolicyTableWriter policy;
  private final PolicyTableWriter spoof;
  private final PolicyTableReader reader;
  private final Path sysctls;
  private Optional<PolicyTable> wanted = Optional.empty();
  private Optional<PolicyTable> wantedSpoof = Optional.empty();
  private int generation;

  /**
   * @param sysctls the node's {@code /proc/sys/net}
   */
  public PolicyKernel(Path sysctls) {
    this(new NfTablesSocket(), sysctls);
  }

  PolicyKernel(NfTables tables, Path sysctls) {
    this.tables = tables;
    this.policy = new PolicyTableWriter(tables, PolicyTable.POLICY);
    this.spoof = new PolicyTableWriter(tables, PolicyTable.SPOOF);
    this.reader = new PolicyTableReader(tables);
    this.sysctls = sysctls;
  }

  /** Makes the table what it should be. */
  public PolicyTableWriter.Outcome write(CompiledPolicies compiled) {
    wanted = Optional.of(compiled.table());
    return policy.write(compiled.table());
  }

  /**
   * Makes the table what it should be that lets pods send from their own addresses only.
   *
   * @param ports addresses that may send through each port of a bridge, by its index; empty for no
   *     such table
   * @return why there is none, as where the kernel has no nf_tables for bridges; what is asked for
   *     otherwise does not depend on it
   */
  public Optional<String> writeSpoof(Optional<Map<Integer, Set<IpAddress>>> ports) {
    wantedSpoof = ports.map(SpoofTableCompiler::compile);
    Optional<String> why;
    try {
      PolicyTableWriter.Outcome outcome =
          wantedSpoof.isPresent() ? spoof.write(wantedSpoof.get()) : spoof.remove();
      why = outcome.refusal().map(r -> r.error().toString());
    } catch (NetlinkException e) {
      why = Optional.of(e.getMessage());
    }
    if (why.isPresent()) {
      wantedSpoof = Optional.empty();
    }
    return why;
  }

  /**
   * Reads the tables back and repairs them.
   *
   * @return transactions that were needed
   */
  public PolicyTableWriter.Outcome audit() {
    if (wanted.isEmpty()) {
      return new PolicyTableWriter.Outcome(0, Optional.empty());
    }
    int before = tables.generation();
    PolicyTableWriter.Outcome outcome = policy.audit(wanted.get());
    if (outcome.succeeded() && wantedSpoof.isPresent()) {
      PolicyTableWriter.Outcome second = spoof.audit(wantedSpoof.get());
      outcome =
          new PolicyTableWriter.Outcome(
              outcome.transactions() + second.transactions(), second.refusal());
    }
    // What somebody has done meanwhile is looked at the next time.
    generation = outcome.succeeded() ? before + outcome.transactions() : before - 1;
    return outcome;
  }

  /** Whether the table is there as it was compiled, read back now. */
  public boolean holds(CompiledPolicies compiled) {
    return reader
        .read(PolicyTable.POLICY)
        .filter(r -> !r.strange())
        .filter(r -> PolicyTableDiff.between(Optional.of(r.table()), compiled.table()).isEmpty())
        .isPresent();
  }

  /** Whether anybody, this process included, has changed any table since the last audit. */
  public boolean isChanged() {
    return tables.generation() != generation;
  }

  /** Whether the table is there and sees packets, whatever it makes of them. */
  public boolean isThere() {
    return tables.chain(PolicyTable.POLICY, PolicyTableCompiler.FORWARD).isPresent();
  }

  /** Removes the tables; whether there was one. */
  public boolean remove() {
    wanted = Optional.empty();
    wantedSpoof = Optional.empty();
    int removed = 0;
    for (PolicyTableWriter table : List.of(spoof, policy)) {
      PolicyTableWriter.Outcome outcome = table.remove();
      outcome
          .refusal()
          .ifPresent(
              r -> {
                throw new NetlinkException(
                    NetlinkException.Reason.REFUSED, r.error().errno(), r.error().toString());
              });
      removed += outcome.transactions();
    }
    return removed > 0;
  }

  /** Packets dropped, by the name of the chain. */
  public Map<String, Long> drops() {
    Map<String, Long> drops = new HashMap<>(reader.packets(PolicyTable.POLICY));
    drops.putAll(reader.packets(PolicyTable.SPOOF));
    return drops;
  }

  /** The devices there are. */
  public List<Link> links() {
    try (RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      return socket.links();
    }
  }

  /**
   * Why packets between pods of one bridge do not pass the table; empty if they do. Without
   * br_netfilter there is no such setting.
   */
  public Optional<String> bypass() {
    for (String setting : List.of("bridge-nf-call-iptables", "bridge-nf-call-ip6tables")) {
      try {
        if (Files.readString(sysctls.resolve("bridge").resolve(setting)).strip().equals("0")) {
          return Optional.of("net.bridge." + setting + " is 0");
        }
      } catch (IOException e) {
        return Optional.of("net.bridge." + setting + " cannot be read: br_netfilter is missing");
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    tables.close();
  }
}
