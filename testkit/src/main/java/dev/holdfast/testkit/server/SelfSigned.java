package dev.holdfast.testkit.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A key and a certificate that it signs for itself, made in memory. It is never written to a disk,
 * and protects nothing.
 */
public final class SelfSigned {
  private static final char[] NO_PASSWORD = {};

  /** {@code ecdsa-with-SHA256}: RFC 5758, 3.2. */
  private static final byte[] ECDSA_SHA256 =
      der(0x30, der(0x06, new byte[] {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 4, 3, 2}));

  /** {@code id-at-commonName}. */
  private static final byte[] COMMON_NAME = der(0x06, new byte[] {0x55, 4, 3});

  /** {@code id-ce-subjectAltName}. */
  private static final byte[] ALTERNATIVES = der(0x06, new byte[] {0x55, 0x1D, 0x11});

  /** {@code id-ce-basicConstraints}: it is an authority. */
  private static final byte[] AUTHORITY =
      der(
          0x30,
          der(0x06, new byte[] {0x55, 0x1D, 0x13}),
          der(0x01, new byte[] {(byte) 0xFF}),
          der(0x04, der(0x30, der(0x01, new byte[] {(byte) 0xFF}))));

  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final Instant EARLIEST = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("2049-12-31T23:59:59Z");

  private final String name;
  private final KeyPair keys;
  private final Certificate certificate;

  private SelfSigned(String name, KeyPair keys, Certificate certificate) {
    this.name = name;
    this.keys = keys;
    this.certificate = certificate;
  }

  /**
   * {@return a new key with a certificate that is valid until 2049}
   *
   * @param host the name it is for; {@code localhost} also means both loopback addresses
   */
  public static SelfSigned of(String host) {
    return made(host, null, EARLIEST, LATEST, subject(host));
  }

  /** {@return a new key with the certificate of an authority, which issues others} */
  public static SelfSigned authority(String name) {
    return made(name, null, EARLIEST, LATEST, AUTHORITY);
  }

  /**
   * {@return a new key with a certificate that this authority signs}
   *
   * @param host as in {@link #of}
   * @param from the second from which it is valid
   * @param until the second to which it is
   */
  public SelfSigned issue(String host, Instant from, Instant until) {
    return made(host, this, from, until, subject(host));
  }

  private static SelfSigned made(
      String name, @Nullable SelfSigned issuer, Instant from, Instant until, byte[] extension) {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair keys = generator.generateKeyPair();
      byte[] facts =
          facts(
              issuer == null ? name : issuer.name,
              name,
              der(0x30, time(from), time(until)),
              keys.getPublic().getEncoded(),
              extension);
      var signer = Signature.getInstance("SHA256withECDSA");
      signer.initSign((issuer == null ? keys : issuer.keys).getPrivate());
      signer.update(facts);
      byte[] signed = der(0x30, facts, ECDSA_SHA256, der(0x03, new byte[] {0}, signer.sign()));
      return new SelfSigned(
          name,
          keys,
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(signed)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("tls: must be offered by the Java runtime, was not", e);
    }
  }

  /** What is signed: RFC 5280, 4.1, TBSCertificate. */
  private static byte[] facts(
      String issuer, String name, byte[] validity, byte[] publicKey, byte[] extension) {
    return der(
        0x30,
        der(0xA0, der(0x02, new byte[] {2})),
        der(0x02, new byte[] {1}),
        ECDSA_SHA256,
        common(issuer),
        validity,
        common(name),
        publicKey,
        der(0xA3, der(0x30, extension)));
  }

  private static byte[] common(String name) {
    return der(
        0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0C, name.getBytes(StandardCharsets.UTF_8)))));
  }

  private static byte[] time(Instant second) {
    return der(0x17, UTC_TIME.format(second).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] subject(String host) {
    return der(0x30, ALTERNATIVES, der(0x04, der(0x30, alternatives(host))));
  }

  private static byte[] alternatives(String host) {
    var names = new ByteArrayOutputStream();
    names.writeBytes(der(0x82, host.getBytes(StandardCharsets.US_ASCII)));
    if (host.equals("localhost")) {
      var loopback6 = new byte[16];
      loopback6[15] = 1;
      names.writeBytes(der(0x87, new byte[] {127, 0, 0, 1}));
      names.writeBytes(der(0x87, loopback6));
    }
    return names.toByteArray();
  }

  /** One element of DER: its tag, its length, its parts. */
  private static byte[] der(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    var out = new ByteArrayOutputStream(length + 4);
    out.write(tag);
    if (length >= 256) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 128) {
      out.write(0x81);
    }
    out.write(length);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  /** {@return a context for a server that shows the certificate} */
  public SSLContext server() {
    return context(this, null);
  }

  /** {@return a context that shows the certificate, and trusts these certificates and no others} */
  public SSLContext showing(List<SelfSigned> trusted) {
    return context(this, trusted);
  }

  /** {@return a context for a client that trusts these certificates and no others} */
  public static SSLContext trusting(List<SelfSigned> all) {
    return context(null, all);
  }

  private static SSLContext context(
      @Nullable SelfSigned shown, @Nullable List<SelfSigned> trusted) {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(
          shown == null ? null : shown.keyManagers(),
          trusted == null ? null : trustManagers(trusted),
          null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("tls: must be offered by the Java runtime, was not", e);
    }
  }

  private KeyManager[] keyManagers() throws GeneralSecurityException, IOException {
    var store = empty();
    store.setKeyEntry("key", keys.getPrivate(), NO_PASSWORD, new Certificate[] {certificate});
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, NO_PASSWORD);
    return managers.getKeyManagers();
  }

  private static TrustManager[] trustManagers(List<SelfSigned> all)
      throws GeneralSecurityException, IOException {
    var store = empty();
    for (SelfSigned one : all) {
      store.setCertificateEntry("trusted-" + store.size(), one.certificate);
    }
    var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    return managers.getTrustManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }
}
