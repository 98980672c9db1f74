package dev.tweed.agent.daemon;

import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the versions of what the daemon works with. */
final class HostVersions {

  private static final Pattern NFT = Pattern.compile("nftables v([0-9.]+)");

  /** Of a program that hangs; the sync waits for it. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private HostVersions() {}

  /**
   * Reads them; what cannot be read is absent.
   *
   * @param nft program and leading arguments that run nft
   */
  static Versions read(String tweed, List<String> nft, String cniPlugins) {
    return new Versions(tweed, kernel(), nft(nft), cniPlugins.isEmpty() ? null : cniPlugins);
  }

  private static String kernel() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
    } catch (IOException e) {
      return null;
    }
  }

  private static String nft(List<String> command) {
    try (HostProgram.Running run =
        new HostProgram(command, StandardCharsets.US_ASCII, LIMIT).start("--version")) {
      Matcher version = NFT.matcher(run.end("").output());
      return version.find() ? version.group(1) : null;
    } catch (IOException e) {
      return null;
    }
  }
}
