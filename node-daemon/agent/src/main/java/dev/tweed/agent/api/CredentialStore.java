package dev.tweed.agent.api;

import dev.tweed.agent.api.CredentialFiles.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials as they are now: files are read again when they have changed, since the kubelet
 * replaces the token every hour, and people and their tools replace certificates. What cannot be
 * read at the moment, such as a file that is just being replaced, leaves what was read before.
 */
final class CredentialStore {

  private static final Logger LOG = LoggerFactory.getLogger(CredentialStore.class);

  /** Whoever knows a file by these has read it. */
  private record Stamp(Path file, Object key, long modified, long size) {
    static Stamp of(Path file) {
      try {
        BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(
            file, String.valueOf(seen.fileKey()), seen.lastModifiedTime().toMillis(), seen.size());
      } catch (IOException e) {
        return new Stamp(file, "", 0, -1);
      }
    }
  }

  /**
   * What a connection is made with; another object is another connection.
   *
   * @param context trusts the authority, and shows the daemon's certificate if there is one
   * @param certificate the daemon's own
   */
  record Tls(SSLContext context, Optional<X509Certificate> certificate) {}

  private record Loaded(List<Stamp> stamps, CredentialFiles files, Tls tls) {}

  private record Token(Stamp stamp, String text) {}

  private final Optional<Path> kubeconfig;
  private final Supplier<CredentialFiles> files;
  private Optional<Loaded> loaded = Optional.empty();
  private Optional<Token> token = Optional.empty();
  private boolean failed;

  /**
   * @param kubeconfig the file that names the others, if it was one
   * @param files where they are; throws IllegalArgumentException if it cannot be known now
   */
  CredentialStore(Optional<Path> kubeconfig, Supplier<CredentialFiles> files) {
    this.kubeconfig = kubeconfig;
    this.files = files;
  }

  /**
   * What to connect with.
   *
   * @throws IOException saying which file is wrong, if none was right before
   */
  synchronized Tls tls() throws IOException {
    return loaded().tls();
  }

  /**
   * The bearer token, if there is one.
   *
   * @throws IOException if it cannot be read
   */
  synchronized Optional<String> token() throws IOException {
    Optional<Source> source = loaded().files().token();
    if (source.isEmpty()) {
      return Optional.empty();
    }
    Optional<Stamp> stamp =
        source.get() instanceof Source.File(Path path)
            ? Optional.of(Stamp.of(path))
            : Optional.empty();
    if (stamp.isEmpty() || token.isEmpty() || !token.get().stamp().equals(stamp.get())) {
      String text = new String(source.get().read(), StandardCharsets.US_ASCII).strip();
      if (!text.matches("[!-~]+")) {
        throw new IOException(source.get().name() + " holds no token");
      }
      if (stamp.isEmpty()) {
        return Optional.of(text);
      }
      token = Optional.of(new Token(stamp.get(), text));
    }
    return token.map(Token::text);
  }

  /** The daemon's own certificate, as it was last read. */
  synchronized Optional<X509Certificate> certificate() {
    return loaded.flatMap(l -> l.tls().certificate());
  }

  private Loaded loaded() throws IOException {
    if (loaded.isPresent() && stamps(loaded.get().files()).equals(loaded.get().stamps())) {
      return loaded.get();
    }
    try {
      CredentialFiles now = files.get();
      // In this order: what changes while it is read is read again.
      List<Stamp> stamps = stamps(now);
      Tls tls = load(now);
      if (loaded.isPresent()) {
        LOG.info("credentials have changed and are used from now on");
      }
      loaded = Optional.of(new Loaded(stamps, now, tls));
      failed = false;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      if (loaded.isEmpty()) {
        throw new IOException("credentials: " + e.getMessage(), e);
      }
      if (!failed) {
        LOG.warn("changed credentials cannot be used; those before stay: {}", e.getMessage());
      }
      failed = true;
    }
    return loaded.get();
  }

  private List<Stamp> stamps(CredentialFiles now) {
    List<Stamp> stamps = new ArrayList<>();
    kubeconfig.map(Stamp::of).ifPresent(stamps::add);
    Stream.of(now.authority(), now.certificate(), now.key())
        .flatMap(Optional::stream)
        .forEach(
            source -> {
              if (source instanceof Source.File(Path path)) {
                stamps.add(Stamp.of(path));
              }
            });
    return stamps;
  }

  private static Tls load(CredentialFiles files) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManager[] keys = null;
    Optional<X509Certificate> own = Optional.empty();
    if (files.certificate().isPresent()) {
      Source key =
          files
              .key()
              .orElseThrow(
                  () -> new IOException(files.certificate().get().name() + " has no client-key"));
      List<X509Certificate> chain = from(files.certificate().get(), Pem::certificates);
      own = Optional.of(chain.getFirst());
      keys = new KeyManager[] {new OneKey(from(key, Pem::key), chain)};
    }
    TrustManager[] trust = null; // the runtime's own, of which the image has none
    if (files.authority().isPresent()) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int i = 0;
      for (X509Certificate each : from(files.authority().get(), Pem::certificates)) {
        store.setCertificateEntry(String.valueOf(i++), each);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      trust = factory.getTrustManagers();
    }
    context.init(keys, trust, null);
    return new Tls(context, own);
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read(byte[] text) throws IOException, GeneralSecurityException;
  }

  private static <T> T from(Source source, Reading<T> reading) throws IOException {
    try {
      return reading.read(source.read());
    } catch (IOException | GeneralSecurityException e) {
      throw new IOException(source.name() + ": " + e.getMessage(), e);
    }
  }
}
