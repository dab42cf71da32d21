package dev.holdfast.gateway.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The body of one client's request, kept once, outside of the heap unless it is small, and counted.
 * Where the budget is used up it stays on the heap until the first request has been sent, and is
 * gone then. Belongs to one event loop.
 */
final class KeptRequest {
  /** Up to so many bytes the objects that lead outside of the heap take more than the body. */
  private static final int SMALL = 1024;

  private final ByteBudget budget;
  private final int length;
  private @Nullable ByteBuf kept;
  private byte @Nullable [] inside;

  KeptRequest(byte[] body, ByteBudget budget) {
    this.budget = budget;
    length = body.length;
    inside = body;
  }

  /** Keeps the body, and returns whether it will stay for as long as needed. */
  boolean keep() {
    byte[] body = inside;
    if (kept == null && body != null && budget.claim(length)) {
      kept =
          length <= SMALL
              ? Unpooled.wrappedBuffer(body)
              : Unpooled.directBuffer(length).writeBytes(body);
      inside = null;
    }
    return kept != null;
  }

  int length() {
    return length;
  }

  /** The first request was sent: what is on the heap is not needed any more. */
  void sent() {
    inside = null;
  }

  /** {@return a copy of the body; empty once it is gone} */
  byte[] bytes() {
    byte[] body = inside;
    if (body != null) {
      return body;
    }
    var there = kept;
    byte[] copy = new byte[there == null ? 0 : length];
    if (there != null) {
      there.getBytes(0, copy);
    }
    return copy;
  }

  /** The stream is over. */
  void release() {
    inside = null;
    var there = kept;
    kept = null;
    if (there != null) {
      there.release();
      budget.release(length);
    }
  }

  /**
   * The body as one upstream receives it: another one may know the model by another name.
   *
   * @param prefix how many bytes are the same at the start
   * @param suffix and at the end
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record View(KeptRequest whole, int prefix, byte[] between, int suffix) {
    /** {@return how a body differs from the one that is kept} */
    static View of(KeptRequest whole, byte[] base, byte[] body) {
      int most = Math.min(base.length, body.length);
      int prefix = Arrays.equals(base, body) ? most : 0;
      while (prefix < most && base[prefix] == body[prefix]) {
        prefix++;
      }
      int suffix = 0;
      while (suffix < most - prefix
          && base[base.length - 1 - suffix] == body[body.length - 1 - suffix]) {
        suffix++;
      }
      byte[] between = new byte[body.length - prefix - suffix];
      System.arraycopy(body, prefix, between, 0, between.length);
      return new View(whole, prefix, between, suffix);
    }

    int length() {
      return prefix + between.length + suffix;
    }

    byte[] bytes() {
      byte[] base = whole.bytes();
      if (between.length == 0 && prefix + suffix == base.length) {
        return base;
      }
      if (base.length < prefix + suffix) {
        return base; // It is gone.
      }
      byte[] body = new byte[length()];
      System.arraycopy(base, 0, body, 0, prefix);
      System.arraycopy(between, 0, body, prefix, between.length);
      System.arraycopy(base, base.length - suffix, body, prefix + between.length, suffix);
      return body;
    }
  }
}
