package dev.holdfast.gateway.durable.subscription;

import java.util.List;

/** Keeps subscriptions over the end of the process. Operations return at once. */
public interface SubscriptionStore {
  /** A subscription as text that {@link Subscriptions} wrote. */
  record Saved(String namespace, String id, String json) {}

  /** Writes the newest state of a subscription. */
  void save(Saved subscription);

  /** Removes a subscription. */
  void remove(String namespace, String id);

  /** {@return the newest state of all} */
  List<Saved> load();
}
