package dev.tweed.agent.daemon;

import dev.tweed.crds.NodeReportStatus.Versions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the versions of what the daemon works with. */
final class HostVersions {

  private static final Pattern NFT = Pattern.compile("nftables v([0-9.]+)");

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
    try {
      List<String> line = new ArrayList<>(command);
      line.add("--version");
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text =
          new String(process.getInputStream().readNBytes(1024), StandardCharsets.US_ASCII);
      Matcher version = NFT.matcher(text);
      return version.find() ? version.group(1) : null;
    } catch (IOException e) {
      return null;
    }
  }
}
