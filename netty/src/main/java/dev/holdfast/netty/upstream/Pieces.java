package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Supplier;

/** In what buffers pieces of bodies reach a listener. */
enum Pieces {
  /** One for each event loop: the listener takes out what it keeps before it returns. */
  SHARED(SharedPiece::new),

  /** One for each piece, as long as it may get: the listener may keep its array. */
  OWNED(() -> Unpooled::buffer);

  private final Supplier<PieceSource> sources;

  Pieces(Supplier<PieceSource> sources) {
    this.sources = sources;
  }

  /** {@return a source for one event loop} */
  PieceSource newSource() {
    return sources.get();
  }

  /** Stays in the processor's cache. */
  private static final class SharedPiece implements PieceSource {
    private final ByteBuf piece = Unpooled.buffer(ConnectionPool.PIECE_BYTES);

    @Override
    public ByteBuf piece(int bytes) {
      return piece.clear();
    }
  }
}
