package dev.holdfast.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts the payloads of one segment with AES-256-GCM.
 *
 * <p>The key is the HMAC-SHA256, under the journal's key, of a label and the segment's 32 random
 * bytes of salt. The nonce is four zero bytes and the record's position as eight bytes. Each
 * position of a segment is encrypted at most once: a segment is only appended to, by the process
 * that created it, and is left for a new one after a failed write. So no nonce is used twice under
 * one key. The additional data are bytes 8 to 56 of the record's header.
 */
public final class PayloadCipher {
  /** Bytes that encryption adds. */
  public static final int TAG = 16;

  private static final int TAG_BITS = TAG * 8;

  private final SecretKey key;
  private final long check;

  /** The cipher of a segment with this salt. */
  public PayloadCipher(byte[] journalKey, byte[] salt) {
    key = new SecretKeySpec(derive(journalKey, "holdfast journal segment", salt), "AES");
    check = ByteBuffer.wrap(derive(journalKey, "holdfast journal check", salt)).getLong();
  }

  private static byte[] derive(byte[] journalKey, String label, byte[] salt) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(journalKey, "HmacSHA256"));
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      return mac.doFinal(salt);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA256: must be available in every JDK", e);
    }
  }

  /** {@return what the segment's header holds if it was written with the same key} */
  public long check() {
    return check;
  }

  /** {@return payload and tag, encrypted} */
  public byte[] encrypt(long position, byte[] head, ByteBuffer payload) {
    try {
      return run(Cipher.ENCRYPT_MODE, position, head, payload);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES/GCM/NoPadding: must be available in every JDK", e);
    }
  }

  /**
   * {@return the payload in clear}
   *
   * @throws GeneralSecurityException if it was changed, or written with another key
   */
  public byte[] decrypt(long position, byte[] head, ByteBuffer payload)
      throws GeneralSecurityException {
    return run(Cipher.DECRYPT_MODE, position, head, payload);
  }

  private byte[] run(int mode, long position, byte[] head, ByteBuffer payload)
      throws GeneralSecurityException {
    byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(position).array();
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(head);
    var out = ByteBuffer.allocate(cipher.getOutputSize(payload.remaining()));
    cipher.doFinal(payload.duplicate(), out);
    return Arrays.copyOf(out.array(), out.position());
  }
}
