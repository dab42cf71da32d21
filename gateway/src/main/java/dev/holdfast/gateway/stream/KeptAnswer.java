package dev.holdfast.gateway.stream;

import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** An answer from its start, as long as it is short enough; for clients that attach to it. */
final class KeptAnswer {
  private final ByteBudget budget;
  private final int longest;
  private @Nullable ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int claimed;

  /** What was written first; null before. */
  @Nullable Head head;

  /** Whether nothing follows. */
  boolean ended;

  /** A response head. */
  record Head(int status, HttpHeaders headers, long length) {}

  KeptAnswer(ByteBudget budget, int longest) {
    this.budget = budget;
    this.longest = longest;
  }

  void add(byte[] bytes) {
    var kept = body;
    if (kept == null) {
      return;
    }
    if (bytes.length > longest - claimed || !budget.claim(bytes.length)) {
      drop();
      return;
    }
    claimed += bytes.length;
    kept.writeBytes(bytes);
  }

  /** {@return the bytes of the body so far; null if they were too many} */
  byte @Nullable [] bytes() {
    return body == null ? null : body.toByteArray();
  }

  boolean isWhole() {
    return body != null;
  }

  /** Keeps nothing any more. */
  void drop() {
    body = null;
    budget.release(claimed);
    claimed = 0;
  }
}
