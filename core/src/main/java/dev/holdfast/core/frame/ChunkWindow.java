package dev.holdfast.core.frame;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The chunk being read, as an array and the part of it still to read. A chunk without an accessible
 * array is copied through a small one, piece by piece.
 */
final class ChunkWindow {
  private static final int PIECE = 64 << 10;
  private static final byte[] NOTHING = {};

  byte[] bytes = NOTHING;
  int at;
  int end;

  private byte[] piece = NOTHING;

  /** How many bytes of the body come before {@link #end}. */
  private long shown;

  private @Nullable ByteBuffer source;

  /** Takes all remaining bytes of {@code chunk}. */
  void show(ByteBuffer chunk) {
    if (chunk.hasArray()) {
      bytes = chunk.array();
      at = chunk.arrayOffset() + chunk.position();
      end = chunk.arrayOffset() + chunk.limit();
      shown += end - at;
    } else {
      source = chunk.slice();
      refill();
    }
    chunk.position(chunk.limit());
  }

  /** {@return how many bytes of the body come before the next one to read} */
  long position() {
    return shown - (end - at);
  }

  /** {@return whether there was another piece to read, now shown} */
  boolean refill() {
    ByteBuffer rest = source;
    if (rest == null) {
      return false;
    }
    int count = Math.min(rest.remaining(), PIECE);
    if (count == 0) {
      source = null;
      return false;
    }
    if (piece.length < count) {
      piece = new byte[count];
    }
    rest.get(piece, 0, count);
    bytes = piece;
    at = 0;
    end = count;
    shown += count;
    return true;
  }
}
