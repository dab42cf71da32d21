package dev.holdfast.gateway.durable;

/** A read that may wait for what follows. Belongs to the event loop of its client. */
sealed interface LiveRead permits PageRead, SseRead {
  /** Begins. */
  void begin();

  /** The client may read fast enough for more. */
  void writable();

  /** The gateway ends now: end the response so that the client reads on. */
  void shutDown();

  /** The exchange is over: nothing is awaited any more. */
  void leave();
}
