package dev.holdfast.core.dialect;

import org.jspecify.annotations.Nullable;

/**
 * A protocol whose provider goes on generating when the connection breaks, and hands out the rest
 * of the same generation: {@link dev.holdfast.core.stream.Rung#CURSOR}.
 */
public interface ResumableDialect extends ChatDialect {
  /** {@return the request for the events behind the cursor} */
  Call resume(Cursor cursor);

  /**
   * {@return the request for the answer so far as one document, for when the cursor has expired;
   * null where there is none}
   */
  @Nullable Call poll(Cursor cursor);

  /** {@return whether positions count the bytes of the body, not its events} */
  default boolean countsBytes() {
    return false;
  }

  /** {@return the request with what makes the provider keep the answer under a name} */
  default Call kept(Call call, String name) {
    return call;
  }
}
