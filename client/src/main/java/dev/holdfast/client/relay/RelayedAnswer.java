package dev.holdfast.client.relay;

import dev.holdfast.client.PullPublisher;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An answer whose first request a relay has sent, too: refusals and lost connections before its
 * first byte are retried by the relay's policy. {@link #head} and the body are read by one thread
 * at a time; {@link #close} may come from any.
 */
public final class RelayedAnswer implements AutoCloseable {
  private static final int PIECE = 16 << 10;

  private final RelayedBody body;

  RelayedAnswer(RelayedBody body) {
    this.body = body;
  }

  /**
   * {@return the head of the first response that is none of refusal, waiting for it}
   *
   * @throws IOException if there is none; its cause is a {@link
   *     dev.holdfast.client.StreamException}, whose failure has the status and the provider's error
   */
  public ResponseHead head() throws IOException {
    return body.head();
  }

  /** {@return the whole body, as {@link StreamRelay#body} has it} */
  public InputStream body() {
    return body;
  }

  /**
   * {@return whether the answer is given up: what is left of the body ends with the protocol's own
   * error}
   */
  public boolean hasFailed() {
    var ending = body.ending();
    return ending != null && !(ending.verdict() instanceof Verdict.Complete);
  }

  /** Ends the answer as cancelled, unless it has ended. Returns at once. */
  @Override
  public void close() {
    body.close();
  }

  /**
   * {@return a healed body as a publisher for one subscriber} A virtual thread reads no further
   * than the subscriber asks, so that its demand reaches the provider. Cancelling closes the body.
   *
   * @param body of {@link #body} or {@link StreamRelay#body}; nothing else may read it
   */
  public static Flow.Publisher<ByteBuffer> publisher(InputStream body) {
    var taken = new AtomicBoolean();
    return new PullPublisher<>(() -> {
      if (!taken.compareAndSet(false, true)) {
        throw new IllegalStateException("body: must have one subscriber, was given another");
      }
      return new Pieces(body);
    });
  }

  private record Pieces(InputStream body) implements PullPublisher.Source<ByteBuffer> {
    @Override
    public @Nullable ByteBuffer next() throws IOException {
      var piece = new byte[PIECE];
      int count = body.read(piece, 0, PIECE);
      return count < 0 ? null : ByteBuffer.wrap(piece, 0, count);
    }

    @Override
    public void close() {
      try {
        body.close();
      } catch (IOException e) {
        // Nothing is left to release.
      }
    }
  }
}
