package dev.holdfast.client.transport;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One exchange of {@code JdkTransport}: passes demand down and bytes up. Until the JDK hands out a
 * subscription, demand and cancellation are remembered.
 */
public final class JdkExchange
    implements Transport.Exchange,
        HttpResponse.BodyHandler<Void>,
        HttpResponse.BodySubscriber<Void> {
  private final URI uri;
  private final Transport.Receiver receiver;
  private final CallbackThreads.Body body;
  private final Closing closing;
  private final AtomicBoolean over = new AtomicBoolean();

  private final ReentrantLock lock = new ReentrantLock();

  /** Written once, under the lock. */
  private volatile Flow.@Nullable Subscription subscription;

  private @Nullable CompletableFuture<?> future;
  private long earlyDemand;
  private boolean cancelled;
  private volatile boolean headArrived;

  /** Whether what reads the body may do so in place. */
  private volatile boolean isAlone;

  /** The length of the body that a head over HTTP/2 declares. */
  private long declared = ResponseFraming.UNKNOWN;

  /** Bytes of the body so far. The JDK calls a subscriber from one thread at a time. */
  private long received;

  /** How the transport's end reaches its exchanges. */
  public interface Closing {
    /** {@return the failure of an exchange that the transport has ended; null if it has not} */
    @Nullable Failure failure(boolean headArrived);
  }

  public JdkExchange(
      URI uri, Transport.Receiver receiver, CallbackThreads threads, Closing closing) {
    this.uri = uri;
    this.receiver = receiver;
    this.closing = closing;
    body = threads.body();
  }

  /**
   * Takes the future of the response, whose cancellation closes a connection without a head.
   *
   * @param onThrown called if the response fails, unless the exchange is over
   */
  public void follow(CompletableFuture<HttpResponse<Void>> response, Consumer<Throwable> onThrown) {
    boolean late;
    lock.lock();
    try {
      future = response;
      late = cancelled;
    } finally {
      lock.unlock();
    }
    if (late) {
      boolean unused = response.cancel(true);
    }
    // Last, for it may follow another response at once.
    var unusedStage =
        response.whenComplete((head, thrown) -> {
          if (thrown != null && !over.get()) {
            onThrown.accept(thrown);
          } else if (thrown == null && !headArrived) {
            // The JDK makes a response of a proxy that wants credentials for a tunnel.
            fail(NetworkFailures.noTunnel(head.statusCode(), uri));
          }
        });
  }

  /** Ends the exchange, unless it is over. */
  public void fail(Failure failure) {
    if (ends()) {
      receiver.onFailure(failure);
    }
  }

  /** {@return whether this ends it} */
  private boolean ends() {
    boolean first = over.compareAndSet(false, true);
    if (first) {
      body.ended();
    }
    return first;
  }

  @Override
  public void demand(long chunks) {
    Flow.Subscription open = subscription;
    if (open == null) {
      lock.lock();
      try {
        open = subscription;
        if (open == null) {
          earlyDemand += chunks;
          return;
        }
      } finally {
        lock.unlock();
      }
    }
    open.request(chunks);
  }

  @Override
  public void cancel() {
    Flow.Subscription open;
    CompletableFuture<?> response;
    lock.lock();
    try {
      cancelled = true;
      open = subscription;
      response = future;
    } finally {
      lock.unlock();
    }
    // A connection whose body has ended may serve another exchange already.
    if (!ends()) {
      return;
    }
    if (open != null) {
      open.cancel();
    }
    if (response != null) {
      boolean unused = response.cancel(true);
    }
  }

  @Override
  public HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo head) {
    isAlone = head.version() == HttpClient.Version.HTTP_1_1;
    if (isAlone && !ResponseFraming.isSound(head.headers())) {
      fail(NetworkFailures.notFramed(uri));
      dropBody();
    }
    if (!isAlone && head.statusCode() != 204 && head.statusCode() != 304) {
      declared = ResponseFraming.length(head.headers()); // The JDK does not compare it.
    }
    headArrived = true;
    if (!over.get()) {
      receiver.onHead(new ResponseHead(head.statusCode(), head.headers().map()));
    }
    return this;
  }

  /** Has the body cancelled as soon as it may be read. */
  private void dropBody() {
    lock.lock();
    try {
      cancelled = true;
    } finally {
      lock.unlock();
    }
  }

  /** Done at once: the body is not returned here. */
  @Override
  public CompletionStage<Void> getBody() {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void onSubscribe(Flow.Subscription granted) {
    long demand;
    boolean late;
    lock.lock();
    try {
      subscription = granted;
      demand = earlyDemand;
      late = cancelled;
    } finally {
      lock.unlock();
    }
    if (late) {
      granted.cancel();
    } else if (demand > 0) {
      granted.request(demand);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    if (isAlone) {
      body.arrived();
    }
    ByteBuffer chunk = buffers.size() == 1 ? buffers.getFirst() : joined(buffers);
    received += chunk.remaining();
    if (!chunk.hasRemaining()) {
      demand(1); // The demand was for bytes.
    } else if (!over.get()) {
      receiver.onBytes(chunk);
    }
  }

  @Override
  public void onError(Throwable thrown) {
    var ended = closing.failure(headArrived);
    fail(ended == null ? NetworkFailures.of(thrown, uri, headArrived) : ended);
  }

  @Override
  public void onComplete() {
    if (declared != ResponseFraming.UNKNOWN && declared != received) {
      fail(NetworkFailures.otherLength(received < declared));
    } else if (ends()) {
      receiver.onEnd();
    }
  }

  private static ByteBuffer joined(List<ByteBuffer> buffers) {
    int length = 0;
    for (var buffer : buffers) {
      length += buffer.remaining();
    }
    var whole = ByteBuffer.allocate(length);
    for (var buffer : buffers) {
      whole.put(buffer);
    }
    return whole.flip();
  }
}
