package dev.holdfast.testkit.judge;

import java.net.URI;

/** What a client's requests pass on their way to the fault server of a case. Thread-safe. */
@FunctionalInterface
public interface JudgedRoute {
  /** Nothing is on the way. */
  JudgedRoute DIRECT = server -> new Direct(server);

  /**
   * {@return the way to one server}
   *
   * @param server the base URL of the fault server, as the client would take it
   */
  Way to(URI server);

  /** The way to one server; closed at the end of its case. */
  interface Way extends AutoCloseable {
    /** {@return the base URL for the client} */
    URI baseUrl();

    @Override
    void close();
  }

  /** The server itself. */
  record Direct(URI baseUrl) implements Way {
    @Override
    public void close() {
      // The server is not ours.
    }
  }
}
