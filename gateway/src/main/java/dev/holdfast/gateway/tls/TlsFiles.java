package dev.holdfast.gateway.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a server with TLS reads of its two files. Errors are "tls.NAME: rule, was FILE": neither an
 * error nor its cause quotes what a file contains.
 */
public final class TlsFiles {
  private static final int MAX_BYTES = 1 << 20;

  private static final Pattern CERTIFICATE = block("(?:X509 |TRUSTED )?CERTIFICATE");
  private static final Pattern KEY = block("PRIVATE KEY");

  private static final String PSS = "RSASSA-PSS";
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", PSS);

  private static final byte[] SIGNED = "holdfast".getBytes(StandardCharsets.US_ASCII);

  private TlsFiles() {}

  /** A block of RFC 7468. */
  private static Pattern block(String label) {
    return Pattern.compile(
        "-----BEGIN " + label + "-----([A-Za-z0-9+/=\\s]+)-----END " + label + "-----");
  }

  /**
   * {@return the certificates of a PEM file, the server's own first}
   *
   * @throws IllegalArgumentException if the file cannot be read, or has none
   */
  public static List<X509Certificate> certificates(Path file) {
    var found = CERTIFICATE.matcher(text("tls.certificate", file));
    var chain = new ArrayList<X509Certificate>();
    try {
      var factory = CertificateFactory.getInstance("X.509");
      while (found.find()) {
        chain.add(
            (X509Certificate)
                factory.generateCertificate(new ByteArrayInputStream(decoded(found.group(1)))));
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      chain.clear();
    }
    if (chain.isEmpty()) {
      throw wrong("tls.certificate", "must hold certificates in PEM", file);
    }
    return List.copyOf(chain);
  }

  /**
   * {@return the private key of a PEM file}
   *
   * @throws IllegalArgumentException if the file cannot be read, or has none
   */
  public static PrivateKey key(Path file) {
    var found = KEY.matcher(text("tls.key", file));
    if (found.find()) {
      for (String algorithm : ALGORITHMS) {
        try {
          return KeyFactory.getInstance(algorithm)
              .generatePrivate(new PKCS8EncodedKeySpec(decoded(found.group(1))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
          // Without its cause, which may quote the key. It may be one of the next algorithm.
        }
      }
    }
    throw wrong("tls.key", "must hold a private key in PEM, as PKCS #8 without a password", file);
  }

  /**
   * Compares a key with that of the first certificate: the JDK finds out at the first handshake
   * only.
   *
   * @throws IllegalArgumentException if the key is another one's
   */
  public static void match(List<X509Certificate> chain, PrivateKey key, Path keyFile) {
    match(chain.getFirst().getPublicKey(), key, keyFile);
  }

  static void match(PublicKey certified, PrivateKey key, Path keyFile) {
    try {
      var signature = Signature.getInstance(signing(key.getAlgorithm()));
      if (key.getAlgorithm().equals(PSS)) {
        signature.setParameter(
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
      }
      signature.initSign(key);
      signature.update(SIGNED);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(SIGNED);
      if (signature.verify(signed)) {
        return;
      }
    } catch (GeneralSecurityException e) {
      // Keys of two kinds.
    }
    throw wrong("tls.key", "must belong to the first certificate of tls.certificate", keyFile);
  }

  private static String signing(String algorithm) {
    return switch (algorithm) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> algorithm;
    };
  }

  private static byte[] decoded(String base64) {
    return Base64.getMimeDecoder().decode(base64);
  }

  private static String text(String name, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw wrong(name, "must be a file that can be read", file);
    }
  }

  private static IllegalArgumentException wrong(String name, String rule, Path file) {
    return new IllegalArgumentException(name + ": " + rule + ", was " + file);
  }
}
