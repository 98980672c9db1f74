package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Keeps a table of ours as it should be, each change in one transaction. */
final class NftTableWriter {

  private static final String KERNEL_TOO_OLD = "KernelTooOld";
  private static final Set<Integer> NOT_KNOWN =
      Set.of(Errno.ENOENT, Errno.EOPNOTSUPP, Errno.EPROTONOSUPPORT, Errno.EAFNOSUPPORT);

  private final NfTables tables;
  private final NfTable table;

  NftTableWriter(NfTables tables, String name) {
    this.tables = tables;
    this.table = new NfTable(NfFamily.INET, name);
  }

  /**
   * Makes the table what is wanted, and removes it where nothing is. A second call with the same
   * writes nothing.
   *
   * @param writes whether to; otherwise it is told what would have to be done
   */
  BackendOutcome keep(Optional<NfTableContent> wanted, boolean writes) {
    try {
      List<NfRequest> requests = requests(wanted);
      return writes
          ? write(requests, wanted).orElse(BackendOutcome.applied(!requests.isEmpty()))
          : BackendOutcome.applied(!requests.isEmpty());
    } catch (NetlinkException e) {
      // Without nf_tables, the kernel knows no such questions.
      Refused refused =
          refused(e.errno() == Errno.EINVAL ? Errno.ENOENT : e.errno(), e.getMessage());
      // A kernel that has no tables has none of ours.
      return wanted.isEmpty() && refused.reason().equals(KERNEL_TOO_OLD)
          ? BackendOutcome.applied(false)
          : refused;
    }
  }

  private List<NfRequest> requests(Optional<NfTableContent> wanted) {
    if (wanted.isPresent()) {
      return NfTableDiff.between(NfTableDiff.Found.read(tables, wanted.get()), wanted.get());
    }
    return tables.table(table).isPresent() ? NfTableDiff.removal(table) : List.of();
  }

  private Optional<BackendOutcome> write(
      List<NfRequest> requests, Optional<NfTableContent> wanted) {
    Optional<NfTables.Refusal> refusal = tables.execute(requests);
    if (refusal.isPresent() && wanted.isPresent()) {
      // What it goes by may have been changed by somebody since it was read.
      refusal = tables.execute(NfTableDiff.replacement(wanted.get()));
    }
    return refusal.map(r -> refused(r.error().errno(), message(r)));
  }

  private static String message(NfTables.Refusal refusal) {
    NetlinkError error = refusal.error();
    return "the kernel refused "
        + refusal.request().map(NftTableWriter::name).orElse("the transaction")
        + ": "
        + error;
  }

  private static String name(NfRequest request) {
    return switch (request) {
      case NfRequest.AddRule(var rule) -> "the rule '" + rule.comment() + "'";
      default -> request.toString();
    };
  }

  private static Refused refused(int errno, String message) {
    if (errno == Errno.EPERM) {
      return new Refused(
          "NotPermitted", message, "give the daemon the capability NET_ADMIN on the host network");
    }
    return NOT_KNOWN.contains(errno)
        ? new Refused(
            KERNEL_TOO_OLD,
            message,
            "a kernel of 5.10 or later with nf_tables, nft_ct, nft_limit, nft_log, nft_reject_inet"
                + " and nft_fib_inet; as modules: modprobe them")
        : new Refused(
            "NftRefused", message, "the rules before are in force; look with: nft list ruleset");
  }
}
