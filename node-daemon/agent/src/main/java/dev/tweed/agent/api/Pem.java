package dev.tweed.agent.api;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and keys as text (RFC 7468). Keys in PKCS #8, and in the older forms of openssl
 * ({@code RSA PRIVATE KEY}: PKCS #1, {@code EC PRIVATE KEY}: SEC 1), which Java knows only inside
 * of PKCS #8.
 */
final class Pem {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private static final byte[] VERSION = {2, 1, 0};

  /** Object identifiers, encoded: rsaEncryption with its NULL, and id-ecPublicKey. */
  private static final byte[] RSA = {
    6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 4;
  private static final int EC_PARAMETERS = 0xa0;
  private static final int OBJECT_IDENTIFIER = 6;

  private Pem() {}

  /** Every certificate in it; at least one. */
  static List<X509Certificate> certificates(byte[] text)
      throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks(text)) {
      if (block.kind().equals("CERTIFICATE")) {
        certificates.add(
            (X509Certificate)
                factory.generateCertificate(new ByteArrayInputStream(block.content())));
      }
    }
    if (certificates.isEmpty()) {
      throw new IOException("there is no certificate in it");
    }
    return certificates;
  }

  /** The first private key in it. */
  static PrivateKey key(byte[] text) throws IOException, GeneralSecurityException {
    for (Block block : blocks(text)) {
      switch (block.kind()) {
        case "PRIVATE KEY":
          return pkcs8(block.content());
        case "RSA PRIVATE KEY":
          return pkcs8(wrap(RSA, block.content()));
        case "EC PRIVATE KEY":
          return pkcs8(wrap(concat(EC, curve(block.content())), block.content()));
        case "ENCRYPTED PRIVATE KEY":
          throw new IOException("the private key is encrypted; nobody is there to type a password");
        default: // parameters of a curve, certificates
      }
    }
    throw new IOException("there is no private key in it");
  }

  private static PrivateKey pkcs8(byte[] encoded) throws GeneralSecurityException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
    GeneralSecurityException failure = null;
    for (String algorithm : new String[] {"RSA", "EC", "EdDSA"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        failure = failure == null ? e : failure;
      }
    }
    throw failure;
  }

  /** PKCS #8: version, algorithm, and the key as it was. */
  private static byte[] wrap(byte[] algorithm, byte[] key) {
    return der(SEQUENCE, concat(VERSION, concat(der(SEQUENCE, algorithm), der(OCTETS, key))));
  }

  /** The name of the curve in ECPrivateKey (RFC 5915), as it is encoded there. */
  private static byte[] curve(byte[] key) throws IOException {
    int at = content(key, 0, SEQUENCE);
    while (at < key.length) {
      if ((key[at] & 0xff) == EC_PARAMETERS) {
        int begin = content(key, at, EC_PARAMETERS);
        return Arrays.copyOfRange(key, begin, end(key, begin, OBJECT_IDENTIFIER));
      }
      at = end(key, at, key[at] & 0xff);
    }
    throw new IOException("the private key does not name its curve");
  }

  private static int content(byte[] der, int at, int tag) throws IOException {
    if (at + 1 >= der.length || (der[at] & 0xff) != tag) {
      throw new IOException("the private key is not encoded as it should be");
    }
    int length = der[at + 1] & 0xff;
    return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
  }

  private static int end(byte[] der, int at, int tag) throws IOException {
    int begin = content(der, at, tag);
    int length = der[at + 1] & 0xff;
    if (length >= 0x80) {
      length = 0;
      for (int i = at + 2; i < Math.min(begin, der.length); i++) {
        length = length << 8 | der[i] & 0xff;
      }
    }
    if (length < 0 || length > der.length - begin) {
      throw new IOException("the private key is not encoded as it should be");
    }
    return begin + length;
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else if (content.length < 0x100) {
      out.write(0x81);
      out.write(content.length);
    } else {
      out.write(0x82); // two bytes of length; no key is larger
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private record Block(String kind, byte[] content) {}

  private static List<Block> blocks(byte[] text) throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      try {
        blocks.add(
            new Block(
                matcher.group(1),
                Base64.getDecoder().decode(matcher.group(2).replaceAll("\\s", ""))));
      } catch (IllegalArgumentException e) {
        throw new IOException("a block " + matcher.group(1) + " is not base64", e);
      }
    }
    return blocks;
  }
}
