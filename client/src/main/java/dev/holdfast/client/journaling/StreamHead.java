package dev.holdfast.client.journaling;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a stream of a client is created with: four letters, and for one that can be continued the
 * seed of its chances and a digest of its request. The digest is salted by the seed, so that equal
 * requests do not show.
 *
 * @param seed of the machine's chances
 * @param digest of the request
 */
record StreamHead(long seed, ByteBuffer digest) {
  private static final byte[] MAGIC = "HFL1".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGEST = 32;

  /** {@return the head of a stream that only its first process writes} */
  static ByteBuffer plain() {
    return ByteBuffer.wrap(MAGIC).asReadOnlyBuffer();
  }

  /** {@return the head of a stream that can be continued} */
  static StreamHead of(long seed, String request) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).flip());
      digest.update(request.getBytes(StandardCharsets.UTF_8));
      return new StreamHead(seed, ByteBuffer.wrap(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("digest: must be in every JDK", e);
    }
  }

  ByteBuffer write() {
    var head = ByteBuffer.allocate(MAGIC.length + Long.BYTES + DIGEST);
    return head.put(MAGIC).putLong(seed).put(digest.duplicate()).flip();
  }

  /** {@return whether a client wrote this head} */
  static boolean isOurs(ByteBuffer metadata) {
    int size = metadata.remaining();
    byte[] magic = new byte[Math.min(MAGIC.length, size)];
    metadata.duplicate().get(magic);
    boolean known = size == MAGIC.length || size == MAGIC.length + Long.BYTES + DIGEST;
    return known && Arrays.equals(magic, MAGIC);
  }

  /** {@return the head of a stream that can be continued; empty for another one} */
  static Optional<StreamHead> read(ByteBuffer metadata) {
    if (!isOurs(metadata) || metadata.remaining() == MAGIC.length) {
      return Optional.empty();
    }
    var from = metadata.duplicate().position(metadata.position() + MAGIC.length);
    return Optional.of(new StreamHead(from.getLong(), from.slice()));
  }

  /** {@return whether the stream is the answer to this request} */
  boolean isOf(String request) {
    return equals(of(seed, request));
  }
}
