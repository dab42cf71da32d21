package dev.holdfast.testkit.transport;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a transport reports of one exchange, in order, one line a call: {@code head 200}, {@code
 * bytes TEXT}, {@code end}, or {@code CAUSE DETAIL}. Thread-safe.
 */
public final class ReceivedExchange implements Transport.Receiver {
  /** A test that waits longer has found a call that never comes. */
  private static final long PATIENCE_SECONDS = 30;

  private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final boolean counts;
  private volatile @Nullable ResponseHead head;
  private volatile @Nullable Failure failure;

  /** A record of everything. */
  public ReceivedExchange() {
    this(false);
  }

  private ReceivedExchange(boolean counts) {
    this.counts = counts;
  }

  /** {@return a record that counts the bytes of bodies and does not keep them} */
  public static ReceivedExchange counting() {
    return new ReceivedExchange(true);
  }

  /** {@return the next call, waiting for it} */
  public String next() throws InterruptedException {
    String call = calls.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (call == null) {
      throw new AssertionError("next call: must come, did not in 30 s");
    }
    return call;
  }

  /** {@return the calls that have come and were not asked for} */
  public int waiting() {
    return calls.size();
  }

  /** {@return text of so many bytes, however many calls bring it} */
  public String text(int length) throws InterruptedException {
    var text = new StringBuilder();
    while (text.length() < length) {
      String call = next();
      if (!call.startsWith("bytes ")) {
        throw new AssertionError("next call: must be bytes, was " + call + " after '" + text + "'");
      }
      text.append(call, "bytes ".length(), call.length());
    }
    return text.toString();
  }

  /** {@return all text up to the end, or up to the failure, and then the last call} */
  public String rest() throws InterruptedException {
    var text = new StringBuilder();
    String call = next();
    while (call.startsWith("bytes ")) {
      text.append(call, "bytes ".length(), call.length());
      call = next();
    }
    return text + "|" + call;
  }

  /** {@return the head} Present once its call has come. */
  public ResponseHead head() {
    ResponseHead known = head;
    if (known == null) {
      throw new IllegalStateException("head: must have come, has not");
    }
    return known;
  }

  /** {@return the failure} Present once its call has come. */
  public Failure failure() {
    Failure known = failure;
    if (known == null) {
      throw new IllegalStateException("failure: must have come, has not");
    }
    return known;
  }

  /** {@return bytes of the body so far} */
  public long bytes() {
    return bytes.get();
  }

  @Override
  public void onHead(ResponseHead came) {
    head = came;
    calls.add("head " + came.status());
  }

  @Override
  public void onBytes(ByteBuffer chunk) {
    bytes.addAndGet(chunk.remaining());
    if (!counts) {
      calls.add("bytes " + StandardCharsets.ISO_8859_1.decode(chunk));
    }
  }

  @Override
  public void onEnd() {
    calls.add("end");
  }

  @Override
  public void onFailure(Failure reported) {
    failure = reported;
    calls.add(reported.cause() + " " + reported.detail());
  }
}
