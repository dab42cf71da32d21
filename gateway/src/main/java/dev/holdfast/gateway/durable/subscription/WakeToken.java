package dev.holdfast.gateway.durable.subscription;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What lets the one that was woken acknowledge: a namespace, an id and a generation, signed.
 *
 * @param expiresSeconds since 1970
 */
record WakeToken(String namespace, String id, long generation, long expiresSeconds) {
  private static final String ALGORITHM = "HmacSHA256";

  private String signed() {
    return encode(namespace.getBytes(StandardCharsets.UTF_8))
        + "."
        + encode(id.getBytes(StandardCharsets.UTF_8))
        + "."
        + generation
        + "."
        + expiresSeconds;
  }

  String text(byte[] secret) {
    String signed = signed();
    return signed + "." + encode(mac(secret, signed));
  }

  /** {@return the token of a text; null if it was not signed with this secret} */
  static @Nullable WakeToken parse(String text, byte[] secret) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 5 || !(parts[2] + parts[3]).matches("\\d{2,36}")) {
      return null;
    }
    String signed = text.substring(0, text.lastIndexOf('.'));
    byte[] expected = encode(mac(secret, signed)).getBytes(StandardCharsets.US_ASCII);
    if (!MessageDigest.isEqual(expected, parts[4].getBytes(StandardCharsets.US_ASCII))) {
      return null;
    }
    // The signature is ours, and so is the form.
    return new WakeToken(
        decode(parts[0]), decode(parts[1]), Long.parseLong(parts[2]), Long.parseLong(parts[3]));
  }

  private static byte[] mac(byte[] secret, String text) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("mac: must be in every JDK", e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String decode(String text) {
    return new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
