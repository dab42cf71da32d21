package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;

/** Makes the buffers in which pieces of bodies reach listeners. Used on one event loop. */
interface PieceSource {
  /** {@return an empty heap buffer that takes so many bytes} */
  ByteBuf piece(int bytes);
}
