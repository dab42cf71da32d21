package dev.holdfast.gateway.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Makes and hashes keys. A key has 256 random bits, so that one round of SHA-256 protects it at
 * rest; passwords chosen by people would need more.
 */
public final class GatewayKey {
  /** How every key begins, so that scanners and the gateway recognise one in the wrong place. */
  public static final String PREFIX = "hfk_";

  private static final int BYTES = 32;

  /** A word that people chose is shorter than this, and a hash of it can be reversed. */
  private static final int MIN_CHARS = 32;

  private GatewayKey() {}

  /** {@return a new key} */
  public static String create(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** {@return whether a text is long enough for a key} */
  public static boolean isStrong(String key) {
    return key.length() >= MIN_CHARS && key.chars().distinct().count() >= 8;
  }

  /** {@return the SHA-256 of a key as 64 hexadecimal digits} */
  public static String hash(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }
}
