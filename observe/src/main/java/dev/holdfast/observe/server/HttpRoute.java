package dev.holdfast.observe.server;

import org.jspecify.annotations.Nullable;

/** Answers some requests. Thread-safe; called by a thread per request. */
@FunctionalInterface
public interface HttpRoute {
  /** {@return the answer to a GET, or null if the request is for another route} */
  @Nullable Response answer(Request request);

  /**
   * {@return the answer to a POST, which has no body here; null if the request is for another
   * route} The server has checked that no other site sends it.
   */
  default @Nullable Response post(Request request) {
    return null;
  }
}
