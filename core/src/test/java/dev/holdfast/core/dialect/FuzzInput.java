package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameLimits;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * A body as a fuzzer writes it: four bytes that say how it is fed, then the body itself.
 *
 * <pre>
 *   options    repeats:3  smallLimits:1  completion:2  variant:1  checksums:1   (low bits first)
 *   splits     largest:3  kind:2  seed:3
 *   from       where the repeated piece begins, in 256ths of the body
 *   to         where it ends, likewise
 * </pre>
 *
 * Repetition makes inputs large that the fuzzer keeps small: what is slow or grows shows itself.
 * Checksums are mended, because no fuzzer guesses a CRC and after a wrong one nothing is read.
 */
final class FuzzInput {
  /** A way to feed the same body again, after the pass over the body as one chunk. */
  enum Pass {
    /** In chunks that the header draws. */
    SPLIT,
    /** A byte at a time. */
    BYTES,
    /** As one chunk to a reader that takes no shortcuts. */
    PARSED
  }

  /** Bodies are not repeated beyond this, in bytes. */
  static final int LARGEST = 64 << 10;

  /**
   * Bodies are not repeated beyond this in {@link #drawn}, but for one in {@link #LARGE_ONE_IN}.
   */
  static final int LARGEST_DRAWN = 2 << 10;

  /** One in so many drawn inputs is repeated up to {@link #LARGEST}. */
  static final int LARGE_ONE_IN = 256;

  /** How many bytes come before the body. */
  static final int HEADER = 4;

  private static final int[] REPEATS = {1, 1, 1, 1, 2, 8, 64, 4096};
  private static final int[] CHUNKS = {1, 2, 3, 7, 17, 64, 300, 1400};
  private static final FrameLimits SMALL = new FrameLimits(64, 96);

  private final int options;
  private final int splits;
  private final byte[] body;
  private final Set<Pass> passes;

  private FuzzInput(int options, int splits, byte[] body, Set<Pass> passes) {
    this.options = options;
    this.splits = splits;
    this.body = body;
    this.passes = passes;
  }

  /** {@return the input with every pass, repeated as often as its header demands} */
  static FuzzInput of(byte[] bytes) {
    return of(bytes, LARGEST, EnumSet.allOf(Pass.class));
  }

  /**
   * {@return the input with one pass, and mostly a shorter repetition, so that a fuzzer tries more
   * inputs a second; both are functions of the bytes}
   */
  static FuzzInput drawn(byte[] bytes) {
    int draw = checksum(bytes, 0, bytes.length) >>> 8; // Its low bits follow from the last byte.
    var pass = (draw & 1) == 0 ? Pass.SPLIT : Pass.PARSED;
    boolean large = (draw >> 1) % LARGE_ONE_IN == 0;
    return of(bytes, large ? LARGEST : LARGEST_DRAWN, EnumSet.of(pass));
  }

  private static FuzzInput of(byte[] bytes, int largest, Set<Pass> passes) {
    byte[] input = Arrays.copyOf(bytes, Math.max(HEADER, bytes.length));
    int options = Byte.toUnsignedInt(input[0]);
    byte[] body = Arrays.copyOfRange(input, HEADER, input.length);
    int from = body.length * Byte.toUnsignedInt(input[2]) / 256;
    int to = Math.max(from, body.length * (Byte.toUnsignedInt(input[3]) + 1) / 256);
    byte[] repeated = repeat(body, from, to, REPEATS[options & 7], largest);
    if ((options & 0x80) != 0) {
      mendChecksums(repeated);
    }
    return new FuzzInput(options, Byte.toUnsignedInt(input[1]), repeated, passes);
  }

  /** {@return the bytes that make {@link #of} yield {@code body} itself, fed in small chunks} */
  static byte[] plain(byte[] body, boolean variant) {
    byte[] input = new byte[HEADER + body.length];
    input[0] = (byte) (variant ? 0x40 : 0);
    input[1] = 3;
    input[3] = (byte) 0xFF;
    System.arraycopy(body, 0, input, HEADER, body.length);
    return input;
  }

  byte[] body() {
    return body;
  }

  FrameLimits limits() {
    return (options & 8) == 0 ? FrameLimits.DEFAULT : SMALL;
  }

  CompletionPolicy completion() {
    return switch ((options >> 4) & 3) {
      case 1 -> CompletionPolicy.DONE_MARKER;
      case 2 -> CompletionPolicy.EOF;
      default -> CompletionPolicy.STRICT;
    };
  }

  /** {@return which of two protocols that share a reader} */
  boolean variant() {
    return (options & 0x40) != 0;
  }

  /** {@return a small number to draw from, without meaning of its own} */
  int choice() {
    return splits;
  }

  /** {@return the ways to feed the body again} */
  Set<Pass> passes() {
    return passes;
  }

  /** Takes one chunk of the body. */
  @FunctionalInterface
  interface Chunks {
    void take(ByteBuffer chunk);
  }

  /** Feeds the body as one chunk. */
  void whole(Chunks chunks) {
    chunks.take(ByteBuffer.wrap(body));
  }

  /** Feeds the body in chunks whose memory is overwritten as soon as each was taken. */
  void split(Chunks chunks) {
    var random = new SplittableRandom(splits >> 5);
    int largest = CHUNKS[splits & 7];
    // One buffer for all chunks: a direct one costs more than what is fuzzed.
    var memory =
        ((splits >> 3) & 3) == 1
            ? ByteBuffer.allocateDirect(largest)
            : ByteBuffer.allocate(largest);
    boolean readOnly = ((splits >> 3) & 3) == 2;
    for (int at = 0; at < body.length; ) {
      int length = Math.min(body.length - at, 1 + random.nextInt(largest));
      memory.clear().put(body, at, length).flip();
      chunks.take(readOnly ? memory.asReadOnlyBuffer() : memory.duplicate());
      overwrite(memory, length);
      at += length;
    }
  }

  /** Feeds the body a byte at a time. */
  void bytes(Chunks chunks) {
    for (int at = 0; at < body.length; at++) {
      chunks.take(ByteBuffer.wrap(body, at, 1));
    }
  }

  private static void overwrite(ByteBuffer memory, int length) {
    for (int i = 0; i < length; i++) {
      memory.put(i, (byte) '#');
    }
  }

  private static byte[] repeat(byte[] body, int from, int to, int times, int largest) {
    int piece = to - from;
    int fitting = piece == 0 ? 1 : Math.min(times, Math.max(1, largest / piece));
    var out = new ByteArrayOutputStream(body.length + piece * fitting);
    out.write(body, 0, to);
    for (int i = 1; i < fitting; i++) {
      out.write(body, from, piece);
    }
    out.write(body, to, body.length - to);
    return out.toByteArray();
  }

  /** Makes both checksums of every message fit, as far as the lengths do. */
  private static void mendChecksums(byte[] body) {
    var view = ByteBuffer.wrap(body);
    for (int at = 0; body.length - at >= 16; ) {
      int length = view.getInt(at);
      if (length < 16 || length > body.length - at) {
        view.putInt(at + 8, checksum(body, at, 8));
        return;
      }
      view.putInt(at + 8, checksum(body, at, 8));
      view.putInt(at + length - 4, checksum(body, at, length - 4));
      at += length;
    }
  }

  private static int checksum(byte[] bytes, int from, int length) {
    var crc = new CRC32();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
