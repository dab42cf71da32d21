package dev.holdfast.core.verdict;

import dev.holdfast.core.stream.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The body of an error response, as much of it as is worth reading. */
public final class ErrorBody {
  private static final int MAX_BYTES = 64 << 10;

  private final ResponseHead head;
  private final long epochMillis;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public ErrorBody(ResponseHead head, long epochMillis) {
    this.head = head;
    this.epochMillis = epochMillis;
  }

  public ResponseHead head() {
    return head;
  }

  public long epochMillis() {
    return epochMillis;
  }

  public void add(ByteBuffer chunk) {
    int count = Math.min(chunk.remaining(), MAX_BYTES - bytes.size());
    var part = new byte[count];
    chunk.get(part);
    bytes.writeBytes(part);
  }

  public boolean isFull() {
    return bytes.size() >= MAX_BYTES;
  }

  public byte[] toByteArray() {
    return bytes.toByteArray();
  }
}
