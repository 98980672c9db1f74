package dev.tweed.agent.command;

import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.daemon.DaemonOptions;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.fastpath.Devices;
import dev.tweed.fastpath.capture.CapturedPacketText;
import dev.tweed.fastpath.capture.PacketCapture;
import dev.tweed.fastpath.capture.PcapEncoder;
import dev.tweed.fastpath.kernel.DevicesReader;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node capture}: what a pod of this node sends and receives, fast packets among it.
 * Asks neither the API server nor the daemon.
 */
@Command(
    name = "capture",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the packets that a pod of this node sends and receives, at the host's end of its veth,"
          + " also those that the fast path takes past the bridge. Needs the capability NET_RAW.",
      "Exit code 0: as many as there were. 1: it could not be done."
    })
final class CaptureCommand implements Callable<Integer> {
  private static final int MOST_BYTES = 262_144; // as tcpdump
  private static final int NAMED = 20;

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "POD", description = "NAMESPACE/POD, or its ADDRESS")
  String pod;

  @Option(
      names = {"-w", "--write"},
      paramLabel = "FILE",
      description =
          "Writes a file for tcpdump -r and Wireshark instead of lines; - is standard output")
  String file;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "PACKETS",
      defaultValue = "10000",
      description = "Ends after so many. Default: ${DEFAULT-VALUE}")
  long count;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Ends after so long. Default: ${DEFAULT-VALUE}")
  int seconds;

  @Option(
      names = {"-s", "--snaplen"},
      paramLabel = "BYTES",
      defaultValue = "" + MOST_BYTES,
      description = "Keeps so much of each packet in the file. Default: ${DEFAULT-VALUE}")
  int snapLength;

  @Override
  public Integer call() throws IOException {
    LogSetup.install(LogSetup.LogLevel.error);
    atLeastOne("--count", count);
    atLeastOne("--seconds", seconds);
    atLeastOne("--snaplen", snapLength);
    Devices devices = DevicesReader.read();
    LeaseReader leases = new LeaseReader(DaemonOptions.cniDataDir(node.runDir));
    List<LocalPod> pods =
        LocalPod.of(
            new CniResultReader(node.cniResultsDir).read().results(),
            devices.links(),
            leases::holder);
    LocalPod found = find(pod, pods);
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        "%s/%s at %s, for %d packets or %d s at most%n",
        found.namespace(),
        found.name(),
        devices.link(found.device()).map(Link::name).orElse("device " + found.device()),
        count,
        seconds);
    err.flush();
    PacketCapture.Limits limits =
        new PacketCapture.Limits(
            count, Duration.ofSeconds(seconds), Math.min(snapLength, MOST_BYTES));
    try {
      PacketCapture.Summary summary = capture(found.device(), limits);
      err.printf("%d packets, and %d too fast to be read%n", summary.packets(), summary.lost());
      return 0;
    } catch (NetlinkException e) {
      if (e.errno() == Errno.EPERM) {
        throw new IOException(rightsMissing(), e);
      }
      throw e;
    }
  }

  private void atLeastOne(String option, long value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", and has to be 1 at least");
    }
  }

  /**
   * The pod of a name or an address.
   *
   * @throws IllegalArgumentException when there is none, or are several
   */
  static LocalPod find(String pod, List<LocalPod> pods) {
    Predicate<LocalPod> asked;
    if (pod.contains("/")) {
      asked = candidate -> (candidate.namespace() + "/" + candidate.name()).equals(pod);
    } else {
      IpAddress address = IpAddress.parse(pod);
      asked = candidate -> candidate.addresses().contains(address);
    }
    List<LocalPod> found = pods.stream().filter(asked).toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw new IllegalArgumentException(
        found.isEmpty()
            ? "the container runtime keeps no pod %s of this node on a bridge; it keeps: %s"
                .formatted(pod, names(pods))
            : pod + " is several pods: " + names(found));
  }

  private static String names(List<LocalPod> pods) {
    String names =
        pods.stream()
            .map(each -> each.namespace() + "/" + each.name())
            .sorted()
            .limit(NAMED)
            .collect(Collectors.joining(", "));
    return pods.isEmpty()
        ? "none"
        : pods.size() > NAMED ? names + " and %d more".formatted(pods.size() - NAMED) : names;
  }

  private PacketCapture.Summary capture(int device, PacketCapture.Limits limits)
      throws IOException {
    if (file == null) {
      PrintWriter out = spec.commandLine().getOut();
      return PacketCapture.run(
          device,
          limits,
          packet -> {
            out.println(CapturedPacketText.of(packet));
            return !out.checkError();
          });
    }
    try (OutputStream out =
        file.equals("-")
            ? new FileOutputStream(FileDescriptor.out)
            : Files.newOutputStream(Path.of(file))) {
      out.write(PcapEncoder.header(limits.snapLength()));
      return PacketCapture.run(device, limits, packet -> isWritten(out, packet));
    }
  }

  /** False when nobody reads any more. */
  private static boolean isWritten(OutputStream out, CapturedPacket packet) {
    try {
      out.write(PcapEncoder.packet(packet));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String rightsMissing() {
    return "capturing needs the capability NET_RAW, which this container has with the chart value"
        + " node.capture=true; or see them in the pod itself: kubectl debug -it -n NAMESPACE POD"
        + " --profile=netadmin --image=IMAGE-WITH-TCPDUMP -- tcpdump -i eth0";
  }
}
