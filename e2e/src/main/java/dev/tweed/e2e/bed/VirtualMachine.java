package dev.tweed.e2e.bed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A node that is a machine of its own: Debian with systemd under QEMU, on the network of a
 * cluster's machines. Everything takes ten times as long where the processor has to be emulated.
 */
public final class VirtualMachine implements AutoCloseable {
  private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);

  private final String name;
  private final String address;
  private final String tap;
  private final Path directory;
  private final Process process;

  private VirtualMachine(String name, String address, String tap, Path directory, Process process) {
    this.name = name;
    this.address = address;
    this.tap = tap;
    this.directory = directory;
    this.process = process;
  }

  /**
   * Boots a machine from a copy of the disk in {@code vm} and waits until somebody can log in.
   *
   * @param vm has {@code vmlinuz}, {@code initrd.img} and {@code disk.img}, as {@code ./dev test
   *     machine} makes them
   * @param bridge of the machines' network
   * @param pki the cluster's certificates, those of this node among them
   * @param directory for its disks and its console; made anew
   * @param gateway last resort of its routes
   */
  static VirtualMachine boot(
      Path vm,
      String name,
      String address,
      String gateway,
      String bridge,
      Path pki,
      Path directory) {
    try {
      Files.createDirectories(directory);
      Path login = directory.resolve("login");
      if (!Files.exists(login)) {
        host("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", login.toString());
      }
      Path told = directory.resolve("told");
      host("rm", "-rf", told.toString());
      host("cp", "-rL", pki.toString(), told.toString());
      Files.copy(
          directory.resolve("login.pub"),
          told.resolve("login.pub"),
          StandardCopyOption.REPLACE_EXISTING);
      Files.writeString(
          told.resolve("machine"),
          "NAME=%s%nADDRESS=%s%nGATEWAY=%s%n".formatted(name, address, gateway));
      Path toldDisk = directory.resolve("told.img");
      Files.deleteIfExists(toldDisk);
      host("mkfs.ext4", "-q", "-L", "bed", "-d", told.toString(), toldDisk.toString(), "32M");
      Path disk = directory.resolve("disk.img");
      host("cp", "--sparse=always", vm.resolve("disk.img").toString(), disk.toString());
      String tap = "tweed-" + name;
      HostCommand.run(List.of("ip", "link", "delete", tap), Map.of(), "", COMMAND_LIMIT);
      host("ip", "tuntap", "add", tap, "mode", "tap");
      host("ip", "link", "set", tap, "master", bridge, "up");
      VirtualMachine machine =
          new VirtualMachine(
              name, address, tap, directory, qemu(vm, disk, toldDisk, tap, directory));
      machine.awaitLogin();
      return machine;
    } catch (IOException e) {
      throw new BedException("virtual machine " + name + " cannot be started", e);
    }
  }

  private static Process qemu(Path vm, Path disk, Path told, String tap, Path directory)
      throws IOException {
    List<String> command =
        new ArrayList<>(List.of("qemu-system-x86_64", "-display", "none", "-nodefaults"));
    // Some machines have the device and no processor that could use it.
    boolean hardware =
        Files.isWritable(Path.of("/dev/kvm"))
            && Files.readString(Path.of("/proc/cpuinfo")).matches("(?s).*\\b(vmx|svm)\\b.*");
    command.addAll(
        hardware
            ? List.of("-accel", "kvm", "-cpu", "host")
            : List.of("-accel", "tcg,tb-size=256", "-cpu", "max"));
    // Of two emulated processors one may run a breakpoint of the kernel's that the other has taken
    // out already, when the kernel rewrites its code, as for the first eBPF program on a device
    // (QEMU 7.2: "Oops: int3").
    command.addAll(List.of("-smp", hardware ? "2" : "1", "-m", "1536"));
    command.addAll(List.of("-serial", "file:" + directory.resolve("console.log")));
    command.addAll(
        List.of(
            "-kernel",
            vm.resolve("vmlinuz").toString(),
            "-initrd",
            vm.resolve("initrd.img").toString(),
            "-append",
            "console=ttyS0 root=/dev/vda rw quiet"));
    command.addAll(List.of("-drive", drive(disk), "-drive", drive(told)));
    command.addAll(List.of("-netdev", "tap,id=n0,ifname=" + tap + ",script=no,downscript=no"));
    command.addAll(List.of("-device", "virtio-net-pci,netdev=n0,mac=52:54:00:74:77:01"));
    command.addAll(List.of("-device", "virtio-rng-pci"));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("qemu.log").toFile())
        .start();
  }

  private static String drive(Path image) {
    return "file=" + image + ",format=raw,if=virtio,cache=unsafe";
  }

  /** Its address on the network of machines. */
  public String address() {
    return address;
  }

  /** Runs a script on the machine as root and waits for its end. */
  public Output shell(String script) {
    return HostCommand.run(
        List.of(
            "ssh",
            "-q",
            "-i",
            directory.resolve("login").toString(),
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "ConnectTimeout=60",
            "-o",
            "ServerAliveInterval=20",
            "root@" + address,
            script),
        Map.of(),
        "",
        COMMAND_LIMIT);
  }

  /** Writes a file on the machine. */
  public void write(String path, String content) {
    shell("cat >'%s' <<'END OF FILE'%n%s%nEND OF FILE".formatted(path, content)).text();
  }

  /**
   * {@code systemctl reboot}; returns when somebody can log in to the new boot.
   *
   * @throws BedException with the end of the console when that takes too long
   */
  public void reboot() {
    String before = bootId();
    shell("systemctl reboot");
    Awaitility.await(name + " is down")
        .atMost(Duration.ofMinutes(3))
        .ignoreExceptions()
        .until(() -> !bootId().equals(before));
    awaitLogin();
  }

  private String bootId() {
    return shell("cat /proc/sys/kernel/random/boot_id").text();
  }

  private void awaitLogin() {
    try {
      Awaitility.await(name + " can be logged in to")
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofSeconds(2))
          .ignoreExceptions()
          .until(() -> !process.isAlive() || shell("true").succeeded());
    } catch (RuntimeException e) {
      throw new BedException(name + " did not come up" + evidence(), e);
    }
    if (!process.isAlive()) {
      throw new BedException("QEMU of " + name + " has ended" + evidence());
    }
  }

  /** The end of what the machine and QEMU said. */
  private String evidence() {
    StringBuilder text = new StringBuilder();
    for (String file : List.of("qemu.log", "console.log")) {
      try (Stream<String> lines = Files.lines(directory.resolve(file))) {
        List<String> all = lines.toList();
        text.append("\n").append(file).append(":\n");
        text.append(String.join("\n", all.subList(Math.max(0, all.size() - 20), all.size())));
      } catch (IOException | RuntimeException e) {
        text.append("\n").append(file).append(": ").append(e);
      }
    }
    return text.toString();
  }

  /** Switches it off. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    HostCommand.run(List.of("ip", "link", "delete", tap), Map.of(), "", COMMAND_LIMIT);
  }

  private static void host(String... command) {
    HostCommand.run(List.of(command), Map.of(), "", COMMAND_LIMIT).text();
  }
}
