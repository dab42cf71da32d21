package dev.holdfast.gateway.message;

import dev.holdfast.core.guard.Redactor;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One redactor for all open streams with the same secrets: a client sends its key with each
 * request. The last stream that ends leaves nothing of its secrets here. Thread-safe.
 */
public final class SharedRedactors {
  /** Clients beyond that may have redactors of their own. */
  private static final int SLOTS = 256;

  private final AtomicReferenceArray<@Nullable WeakReference<Redactor>> slots =
      new AtomicReferenceArray<>(SLOTS);

  /** No redactor is kept yet. */
  public SharedRedactors() {}

  /**
   * {@return a redactor as {@link Redactor#of}, which other streams with these secrets may have}
   */
  public Redactor of(List<String> secrets) {
    int slot = secrets.hashCode() & (SLOTS - 1);
    var kept = slots.get(slot);
    var known = kept == null ? null : kept.get();
    if (known != null && known.isOf(secrets)) {
      return known;
    }
    var made = Redactor.of(secrets);
    slots.set(slot, new WeakReference<>(made));
    return made;
  }
}
