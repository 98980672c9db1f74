package dev.tweed.dataplane;

import dev.tweed.dataplane.kernel.StepHook;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTables;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is between a data path and its kernel, so that a test can let each step fail, or end the
 * process before it. What it lets pass goes to a real socket, sysctl or nft.
 */
final class Seams implements InvocationHandler, StepHook {

  /** What becomes of a step. */
  sealed interface Fault {
    /** It is refused, and nothing has changed. */
    record Refuse(int errno) implements Fault {}

    /**
     * The exchange breaks off.
     *
     * @param applied whether the step was carried out and only its answer is lost
     */
    record BreakOff(boolean applied) implements Fault {}

    /** The process ends before it. */
    record Kill() implements Fault {}
  }

  /**
   * A step about to be made; one that is tried again is the same step.
   *
   * @param number 0 for the first since the script was given
   * @param reads whether it changes nothing
   * @param text what it does; equal for equal steps
   */
  record Step(int number, boolean reads, String text) {}

  /** Decides on each step. */
  @FunctionalInterface
  interface Script {
    Script NONE = step -> Optional.empty();

    Optional<Fault> at(Step step);
  }

  /** The process has ended; nothing may catch it. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final Rtnetlink kernel;
  private final NfTables tables;
  private final List<Step> steps = new ArrayList<>();
  private Script script = Script.NONE;

  Seams(Rtnetlink kernel, NfTables tables) {
    this.kernel = kernel;
    this.tables = tables;
  }

  /** The kernel behind these seams. By reflection: look-ups that are added fail like the others. */
  Rtnetlink netlink() {
    return (Rtnetlink)
        Proxy.newProxyInstance(
            Seams.class.getClassLoader(), new Class<?>[] {Rtnetlink.class}, this);
  }

  /** As above. */
  NfTables tables() {
    return (NfTables)
        Proxy.newProxyInstance(Seams.class.getClassLoader(), new Class<?>[] {NfTables.class}, this);
  }

  /** Follows another script, and counts steps anew. */
  void follow(Script other) {
    steps.clear();
    script = other;
  }

  /** The steps since the script was given. */
  List<Step> steps() {
    return List.copyOf(steps);
  }

  /** Those that change something. */
  List<Step> changes() {
    return steps.stream().filter(step -> !step.reads()).toList();
  }

  private Optional<Fault> next(boolean reads, String text) {
    List<Step> alike = steps.stream().filter(step -> step.reads() == reads).toList();
    if (!reads && !alike.isEmpty() && alike.getLast().text().equals(text)) {
      // How often the data path tries once more depends on how fast the kernel is.
      return script.at(alike.getLast());
    }
    Step step = new Step(alike.size(), reads, text);
    steps.add(step);
    return script.at(step);
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    boolean ofTables = method.getDeclaringClass() == NfTables.class;
    if (ofTables && method.getName().equals("execute")) {
      return transact(((List<?>) arguments[0]).stream().map(NfRequest.class::cast).toList());
    }
    if (method.getName().equals("execute")) {
      return execute(((List<?>) arguments[0]).stream().map(RtRequest.class::cast).toList());
    }
    if ((ofTables || method.getDeclaringClass() == Rtnetlink.class)
        && !method.getName().equals("portId")
        && !method.getName().equals("close")) {
      switch (next(true, method.getName()).orElse(null)) {
        case Fault.Refuse refuse ->
            throw new NetlinkException(
                NetlinkException.Reason.REFUSED, refuse.errno(), "injected into a reading");
        case Fault.BreakOff brokenOff -> throw brokenOff();
        case Fault.Kill kill -> throw new Killed();
        case null -> {}
      }
    }
    try {
      return method.invoke(ofTables ? tables : kernel, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  private Optional<NfTables.Refusal> transact(List<NfRequest> requests) {
    switch (next(false, requests.toString()).orElse(null)) {
      case Fault.Refuse refuse -> {
        return Optional.of(
            new NfTables.Refusal(Optional.empty(), new NetlinkError(refuse.errno(), "injected")));
      }
      case Fault.BreakOff brokenOff -> {
        if (brokenOff.applied()) {
          tables.execute(requests);
        }
        throw brokenOff();
      }
      case Fault.Kill kill -> throw new Killed();
      case null -> {
        return tables.execute(requests);
      }
    }
  }

  private BatchResult execute(List<RtRequest> requests) {
    Map<Integer, NetlinkError> errors = new HashMap<>();
    Map<Integer, RtRequest> passing = new TreeMap<>();
    for (int i = 0; i < requests.size(); i++) {
      switch (next(false, requests.get(i).toString()).orElse(null)) {
        case Fault.Refuse refuse -> errors.put(i, new NetlinkError(refuse.errno(), "injected"));
        case Fault.BreakOff brokenOff -> {
          if (brokenOff.applied()) {
            passing.put(i, requests.get(i));
          }
          pass(passing, errors);
          throw brokenOff();
        }
        case Fault.Kill kill -> {
          pass(passing, errors);
          throw new Killed();
        }
        case null -> passing.put(i, requests.get(i));
      }
    }
    pass(passing, errors);
    return new BatchResult(requests, errors);
  }

  private void pass(Map<Integer, RtRequest> passing, Map<Integer, NetlinkError> errors) {
    if (passing.isEmpty()) {
      return;
    }
    List<Integer> positions = List.copyOf(passing.keySet());
    BatchResult result = kernel.execute(List.copyOf(passing.values()));
    result.errors().forEach((position, error) -> errors.put(positions.get(position), error));
  }

  private static NetlinkException brokenOff() {
    return new NetlinkException(NetlinkException.Reason.TIMEOUT, 0, "injected time-out");
  }

  @Override
  public void before(String step) throws IOException {
    switch (next(false, step).orElse(null)) {
      case Fault.Refuse refuse ->
          throw new IOException(
              step
                  + ": "
                  // As the JDK puts it, by strerror(3).
                  + (refuse.errno() == Errno.EINVAL
                      ? "Invalid argument"
                      : Errno.nameOf(refuse.errno())));
      case Fault.BreakOff brokenOff -> throw new IOException();
      case Fault.Kill kill -> throw new Killed();
      case null -> {}
    }
  }
}
