package dev.holdfast.core.engine;

import dev.holdfast.core.stream.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The body of an error response, as much of it as is worth reading. */
final class ErrorBody {
  private static final int MAX_BYTES = 64 << 10;

  private final ResponseHead head;
  private final long epochMillis;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  ErrorBody(ResponseHead head, long epochMillis) {
    this.head = head;
    this.epochMillis = epochMillis;
  }

  ResponseHead head() {
    return head;
  }

  long epochMillis() {
    return epochMillis;
  }

  void add(ByteBuffer chunk) {
    int count = Math.min(chunk.remaining(), MAX_BYTES - bytes.size());
    var part = new byte[count];
    chunk.get(part);
    bytes.writeBytes(part);
  }

  boolean isFull() {
    return bytes.size() >= MAX_BYTES;
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }
}
