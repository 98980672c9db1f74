package dev.tweed.dataplane;

import dev.tweed.dataplane.kernel.KernelReader;
import dev.tweed.dataplane.kernel.KernelWriter;
import dev.tweed.dataplane.kernel.RulesReader;
import dev.tweed.dataplane.kernel.SysctlRestorer;
import dev.tweed.dataplane.kernel.TunnelFilterReader;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.ChangeFailure;
import dev.tweed.dataplane.plan.DesiredState;
import dev.tweed.dataplane.plan.FailureInterpreter;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.StateDiff;
import dev.tweed.netlink.NetlinkException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The removal of everything that carries a mark of ours, and a look at what is left of it. */
final class Cleanup {

  private final KernelReader reader;
  private final KernelWriter writer;
  private final RulesReader rules;
  private final TunnelFilterReader filter;
  private final SysctlRestorer restorer;
  private final Marks marks;
  private final FailureInterpreter interpreter = new FailureInterpreter();

  Cleanup(
      KernelReader reader,
      KernelWriter writer,
      RulesReader rules,
      TunnelFilterReader filter,
      SysctlRestorer restorer,
      Marks marks) {
    this.reader = reader;
    this.writer = writer;
    this.rules = rules;
    this.filter = filter;
    this.restorer = restorer;
    this.marks = marks;
  }

  CleanupReport run() {
    List<Change> removed = new ArrayList<>();
    List<String> remaining = new ArrayList<>();
    try {
      List<StateChange> changes = StateDiff.between(DesiredState.NOTHING, look(), marks).changes();
      KernelWriter.Outcome outcome = writer.apply(changes);
      outcome.done().forEach(done -> removed.add(done.report(false)));
      Map<StateChange, ChangeFailure> failures = new LinkedHashMap<>();
      outcome.failures().forEach(failure -> failures.put(failure.change(), failure));
      ActualState left = look();
      for (StateChange change : StateDiff.between(DesiredState.NOTHING, left, marks).changes()) {
        ChangeFailure failure = failures.get(change);
        String why =
            failure == null
                ? ""
                : interpreter.interpret(List.of(failure)).stream()
                    .findFirst()
                    .map(finding -> " (" + finding.message() + ")")
                    .orElse("");
        remaining.add(change.object() + why);
      }
      // Last, when the devices of ours are gone: forwarding resets settings of every device.
      SysctlRestorer.Outcome restored = restorer.restore(note -> true);
      removed.addAll(restored.restored());
      remaining.addAll(restored.failed());
      if (left.rules() instanceof NftListing.Unreadable unreadable) {
        remaining.add("table inet tweed is perhaps there: " + unreadable.message());
      }
    } catch (NetlinkException e) {
      remaining.add("not known, the exchange with the kernel failed: " + e.getMessage());
    }
    return new CleanupReport(removed, remaining);
  }

  private ActualState look() {
    rules.forget();
    reader.forgetNextHops();
    return reader.actual(Map.of(), rules.read(), filter.read());
  }
}
