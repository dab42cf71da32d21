package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The owner of a stream: one key of the gateway, or the credentials that a client sends where the
 * gateway has no keys.
 *
 * @param credential the hash of a gateway's key, or what the client presents; empty for none
 */
public record Caller(String credential) {
  /** The length of {@link #tag} in bytes. */
  static final int TAG_BYTES = 32;

  /** {@return the owner of a key, by the SHA-256 of that key} */
  public static Caller ofKey(String sha256) {
    return new Caller("key\n" + sha256);
  }

  /** {@return the owner of all credentials that a request presents} */
  public static Caller ofClient(List<String> presented) {
    return new Caller(
        presented.isEmpty()
            ? ""
            : "client\n" + String.join("\n", presented.stream().sorted().toList()));
  }

  /** {@return a mark of the owner that the journal keeps; no two streams have the same} */
  byte[] tag(StreamId id) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(16).putLong(id.high()).putLong(id.low()).flip());
      return digest.digest(credential.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** {@return a mark of one of the owner's chats, by the id that the client gave it} */
  public String chat(String id) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      byte[] own = credential.getBytes(StandardCharsets.UTF_8);
      digest.update(ByteBuffer.allocate(4).putInt(own.length).flip());
      digest.update(own);
      return HexFormat.of().formatHex(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** {@return nothing of the credential} */
  @Override
  public String toString() {
    return "Caller";
  }
}
