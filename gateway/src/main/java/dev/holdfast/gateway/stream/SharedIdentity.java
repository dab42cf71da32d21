package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.SharedState.Claimed;
import dev.holdfast.core.spi.StreamId;
import java.time.Duration;

/** How identical requests at other gateways find the stream of one request. */
public interface SharedIdentity {
  /** They do not, or this gateway shares nothing. */
  SharedIdentity NONE =
      new SharedIdentity() {
        @Override
        public void claim(StreamId stream, Claimed how, Duration kept) {}

        @Override
        public void leave(StreamId stream) {}
      };

  /** Changes how identical requests receive the stream, and how long it is known. */
  void claim(StreamId stream, Claimed how, Duration kept);

  /** The stream is over: it is known as long as it is kept. */
  void leave(StreamId stream);
}
