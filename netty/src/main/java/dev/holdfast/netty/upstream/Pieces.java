package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** In what buffers pieces of bodies reach a listener. */
enum Pieces {
  /** One for each event loop: the listener takes out what it keeps before it returns. */
  SHARED {
    @Override
    PieceSource newSource() {
      return new SharedPiece();
    }
  },

  /** One for each piece, as long as it may get: the listener may keep its array. */
  OWNED {
    @Override
    PieceSource newSource() {
      return Unpooled::buffer;
    }
  };

  /** {@return a source for one event loop} */
  abstract PieceSource newSource();

  /** Stays in the processor's cache. */
  private static final class SharedPiece implements PieceSource {
    private final ByteBuf piece = Unpooled.buffer(ConnectionPool.PIECE_BYTES);

    @Override
    public ByteBuf piece(int bytes) {
      return piece.clear();
    }
  }
}
