package dev.tweed.agent.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the daemon's credentials come from, each of which may be missing.
 *
 * @param authority certificates that vouch for the API server
 * @param certificate of the daemon itself, with what chains it to its authority
 * @param key of that
 * @param token bearer token
 */
record CredentialFiles(
    Optional<Source> authority,
    Optional<Source> certificate,
    Optional<Source> key,
    Optional<Source> token) {

  /** Text of a file, or text that was written out in the kubeconfig. */
  sealed interface Source {
    byte[] read() throws IOException;

    /** For messages. */
    String name();

    /** A file, which may change. */
    record File(Path path) implements Source {
      @Override
      public byte[] read() throws IOException {
        return Files.readAllBytes(path);
      }

      @Override
      public String name() {
        return path.toString();
      }
    }

    /** Text that was given. */
    record Inline(String name, byte[] text) implements Source {
      @Override
      public byte[] read() {
        return text;
      }
    }
  }

  /** Those the kubelet mounts; a file that does not exist is one that is not there yet. */
  static CredentialFiles of(Path serviceAccount) {
    return new CredentialFiles(
        Optional.of(new Source.File(serviceAccount.resolve("ca.crt"))),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new Source.File(serviceAccount.resolve("token"))));
  }
}
