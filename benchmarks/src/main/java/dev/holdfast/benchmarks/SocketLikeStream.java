package dev.holdfast.benchmarks;

import java.io.InputStream;

/** A body in memory that gives at most so many bytes a read, as a socket does. */
final class SocketLikeStream extends InputStream {
  private final byte[] body;
  private final int most;
  private int at;

  SocketLikeStream(byte[] body, int mostPerRead) {
    this.body = body;
    this.most = mostPerRead;
  }

  @Override
  public int read() {
    return at == body.length ? -1 : body[at++] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (at == body.length) {
      return -1;
    }
    int count = Math.min(Math.min(length, most), body.length - at);
    System.arraycopy(body, at, into, offset, count);
    at += count;
    return count;
  }

  @Override
  public int available() {
    return Math.min(most, body.length - at);
  }
}
