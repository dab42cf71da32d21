package dev.holdfast.spring;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/**
 * One exchange of a web client. Its body is asked for piece by piece.
 *
 * <p>Concurrency: the lock guards every field; it is not held while others are called.
 */
final class WebClientExchange implements Transport.Exchange {
  private final WebClientTransport transport;
  private final Transport.Receiver receiver;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Disposable response;
  private @Nullable Body body;
  private long demand;
  private boolean cancelled;

  WebClientExchange(WebClientTransport transport, Transport.Receiver receiver) {
    this.transport = transport;
    this.receiver = receiver;
  }

  void begin(Mono<ClientResponse> sent) {
    var waiting =
        sent.subscribe(
            this::answered,
            failure -> receiver.onFailure(failure(Cause.CONNECTION_FAILED, failure)));
    lock.lock();
    try {
      response = waiting;
    } finally {
      lock.unlock();
    }
  }

  private void answered(ClientResponse came) {
    transport.answered(came);
    var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    came.headers().asHttpHeaders().forEach(headers::put);
    receiver.onHead(new ResponseHead(came.statusCode().value(), headers));
    came.body(BodyExtractors.toDataBuffers())
        .subscribe(new Body(!came.statusCode().is2xxSuccessful()));
  }

  private static Failure failure(Cause cause, Throwable e) {
    // The class alone: a client's message may quote the request.
    Throwable inner = e.getCause() == null ? e : e.getCause();
    return Failure.retryable(cause, "the connection broke: " + inner.getClass().getSimpleName());
  }

  @Override
  public void demand(long chunks) {
    Body open;
    lock.lock();
    try {
      open = body;
      if (open == null) {
        demand = demand + chunks < 0 ? Long.MAX_VALUE : demand + chunks;
      }
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.request(chunks);
    }
  }

  @Override
  public void cancel() {
    Body open;
    Disposable waiting;
    lock.lock();
    try {
      cancelled = true;
      open = body;
      waiting = response;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.cancel();
    }
    if (waiting != null) {
      waiting.dispose();
    }
  }

  /** Receives the body, no faster than it is asked for. */
  private final class Body extends BaseSubscriber<DataBuffer> {
    private final boolean refusal;

    Body(boolean refusal) {
      this.refusal = refusal;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      long asked;
      boolean over;
      lock.lock();
      try {
        body = this;
        asked = demand;
        over = cancelled;
      } finally {
        lock.unlock();
      }
      if (over) {
        cancel();
      } else if (asked > 0) {
        request(asked);
      }
    }

    @Override
    protected void hookOnNext(DataBuffer buffer) {
      var bytes = new byte[buffer.readableByteCount()];
      buffer.read(bytes);
      DataBufferUtils.release(buffer);
      if (refusal) {
        transport.refused(bytes);
      }
      receiver.onBytes(ByteBuffer.wrap(bytes));
    }

    @Override
    protected void hookOnComplete() {
      receiver.onEnd();
    }

    @Override
    protected void hookOnError(Throwable failure) {
      receiver.onFailure(failure(Cause.CONNECTION_LOST, failure));
    }
  }
}
