package dev.holdfast.core.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A protocol whose provider continues generating when the connection breaks, and hands out the rest
 * of the same generation: {@link dev.holdfast.core.stream.Rung#CURSOR}.
 */
public interface ResumableDialect extends ChatDialect {
  /** {@return the request for the events after the cursor} */
  ProviderRequest resume(Cursor cursor);

  /**
   * {@return the same request in another spelling of its address}
   *
   * @param address one of {@link #addresses}
   */
  default ProviderRequest resume(Cursor cursor, KeptAddress address) {
    return resume(cursor);
  }

  /** {@return the spellings of a kept generation's address that servers know, today's first} */
  default List<KeptAddress> addresses() {
    return List.of(KeptAddress.QUERY);
  }

  /**
   * {@return the request that ends a generation, which its provider would write to the end without
   * a reader}
   *
   * @param generation the provider's id of it, or the name that it was given
   * @param address one of {@link #addresses}
   */
  ProviderRequest stop(String generation, KeptAddress address);

  /**
   * {@return the request for the answer so far as one document, for when the cursor has expired;
   * null where there is none}
   */
  @Nullable ProviderRequest poll(Cursor cursor);

  /** {@return whether positions count the bytes of the body, not its events} */
  default boolean countsBytes() {
    return false;
  }

  /** {@return the request with what makes the provider keep the answer under a name} */
  default ProviderRequest kept(ProviderRequest call, String name) {
    return call;
  }
}
