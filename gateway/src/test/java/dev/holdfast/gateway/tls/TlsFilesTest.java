package dev.holdfast.gateway.tls;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.KeyPairGenerator;
import org.junit.jupiter.api.Test;

class TlsFilesTest {
  /** The builder of certificates has none; the JDK makes the keys, and the pair is what counts. */
  @Test
  void keysOfRsaPssAreComparedByTheirOwnSignature() throws Exception {
    var generator = KeyPairGenerator.getInstance("RSASSA-PSS");
    generator.initialize(2048);
    var one = generator.generateKeyPair();
    var other = generator.generateKeyPair();
    var file = Path.of("k.pem");
    TlsFiles.match(one.getPublic(), one.getPrivate(), file);
    assertThatThrownBy(() -> TlsFiles.match(other.getPublic(), one.getPrivate(), file))
        .hasMessage("tls.key: must belong to the first certificate of tls.certificate, was k.pem");
  }
}
