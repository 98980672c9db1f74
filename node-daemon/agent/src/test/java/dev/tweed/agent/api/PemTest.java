package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PemTest {

  private static PrivateKey key(String pem) throws Exception {
    return Pem.key(pem.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({"RSA, 2048", "RSA, 4096", "EC, 256", "EC, 384", "EC, 521", "Ed25519, 255"})
  void keysOfEveryFormAreRead(String algorithm, int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    PrivateKey made = generator.generateKeyPair().getPrivate();

    assertThat(key(Keys.pem("PRIVATE KEY", made.getEncoded()))).isEqualTo(made);
    // PKCS #1 is what PKCS #8 has inside
    if (algorithm.equals("RSA")) {
      assertThat(key(Keys.pem("RSA PRIVATE KEY", inner(made.getEncoded())))).isEqualTo(made);
    }
  }

  /** By {@code openssl ecparam -name prime256v1 -genkey}. */
  @Test
  void aKeyOfOpensslsIsRead() throws Exception {
    PrivateKey key =
        key(
            """
            -----BEGIN EC PARAMETERS-----
            BggqhkjOPQMBBw==
            -----END EC PARAMETERS-----
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIKOpk7kgTHSXauO73F33GzyhCXVBCwfRVn+ODfJHSq9ooAoGCCqGSM49
            AwEHoUQDQgAEXtM1xNWY6JbOcSNVuQQEq51QcarL3y4lWfumnYKY4W4LVigqo3F4
            7EjFl5iU4WZrZSiAJsvtpnlLeZc4AKjBzA==
            -----END EC PRIVATE KEY-----
            """);

    assertThat(key.getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void otherTextIsExplained(@TempDir Path directory) throws Exception {
    assertThatThrownBy(() -> key("")).hasMessage("there is no private key in it");
    assertThatThrownBy(() -> key(Keys.pem("ENCRYPTED PRIVATE KEY", new byte[5])))
        .hasMessageContaining("encrypted");
    assertThatThrownBy(() -> key("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Pem.certificates(new byte[0]))
        .hasMessage("there is no certificate in it");
    Keys keys = Keys.make(directory, "EC", "CN=a");
    assertThat(Pem.certificates(("x" + keys.certificatePem().repeat(2)).getBytes())).hasSize(2);
  }

  @Property(tries = 300)
  void noBytesDoMoreThanFail(@ForAll byte[] bytes) {
    for (String kind : new String[] {"EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"}) {
      try {
        key(Keys.pem(kind, bytes));
      } catch (Exception e) {
        assertThat(e).isNotInstanceOf(RuntimeException.class);
      }
    }
  }

  /** The octets of a PKCS #8 key: what comes after the algorithm. */
  private static byte[] inner(byte[] pkcs8) {
    for (int at = 0; at < pkcs8.length - 4; at++) {
      if (pkcs8[at] == 4 && (pkcs8[at + 1] & 0xff) == 0x82) {
        return Arrays.copyOfRange(pkcs8, at + 4, pkcs8.length);
      }
    }
    throw new IllegalArgumentException();
  }
}
