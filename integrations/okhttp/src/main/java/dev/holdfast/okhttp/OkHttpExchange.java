package dev.holdfast.okhttp;

import dev.holdfast.client.relay.RelayExchange;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One call of OkHttp. Cancelling a call closes its socket from any thread; its response is closed
 * once no thread reads it, or OkHttp reports a leaked connection.
 */
final class OkHttpExchange implements RelayExchange {
  private static final MediaType JSON = MediaType.get("application/json");

  private final Call call;
  private volatile @Nullable Response response;
  private @Nullable InputStream body;
  private boolean aborted;
  private volatile boolean timedOut;

  /** Whether a thread is inside {@link #head} or {@link #read}; guarded by this. */
  private boolean busy;

  /** Whether the host made the call, and may cancel it. */
  private final boolean hosts;

  private volatile boolean cancelledHere;

  private OkHttpExchange(Call call, @Nullable Response response) {
    this.call = call;
    this.response = response;
    this.hosts = response != null;
  }

  /** {@return an exchange whose head has come} */
  static OkHttpExchange of(Call call, Response response) {
    return new OkHttpExchange(call, response);
  }

  /** {@return an exchange that is sent when its head is asked for} */
  static OkHttpExchange open(Call.Factory client, Transport.Request request) {
    var builder =
        new Request.Builder()
            .url(request.uri().toString())
            .tag(OneRequest.Sent.class, new OneRequest.Sent());
    request
        .headers()
        .forEach((name, list) -> list.forEach(value -> builder.addHeader(name, value)));
    builder.method(
        request.method().name(),
        request.method() == ProviderRequest.Method.POST
            ? RequestBody.create(request.body().getBytes(StandardCharsets.UTF_8), JSON)
            : null);
    return new OkHttpExchange(client.newCall(builder.build()), null);
  }

  @Override
  public ResponseHead head() throws IOException {
    var answered = response;
    if (answered == null) {
      enter();
      try {
        answered = call.execute();
        response = answered;
      } finally {
        leave();
      }
    }
    return new ResponseHead(answered.code(), answered.headers().toMultimap());
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    var open = body;
    if (open == null) {
      var answered = response;
      var answer = answered == null ? null : answered.body();
      if (answer == null) {
        return -1;
      }
      open = answer.byteStream();
      body = open;
    }
    enter();
    try {
      return open.read(bytes, offset, length);
    } catch (InterruptedIOException e) {
      timedOut = !Thread.currentThread().isInterrupted();
      throw e;
    } finally {
      leave();
    }
  }

  private synchronized void enter() throws IOException {
    if (aborted) {
      throw new IOException("aborted");
    }
    busy = true;
  }

  private void leave() {
    boolean over;
    synchronized (this) {
      busy = false;
      over = aborted;
    }
    if (over) {
      close();
    }
  }

  private void close() {
    var answered = response;
    if (answered != null) {
      answered.close();
    }
  }

  @Override
  public void abort() {
    boolean idle;
    synchronized (this) {
      aborted = true;
      idle = !busy;
    }
    if (!hosts || !idle) {
      cancelledHere = true;
      call.cancel(); // The host's own call only where nothing else ends a read: see isCancelled.
    }
    if (idle) {
      Thread.ofVirtual().name("holdfast-release").start(this::close);
    }
  }

  /** OkHttp reads the rest of a body that ends within 100 ms, and keeps the connection then. */
  @Override
  public void release() {
    Thread.ofVirtual().name("holdfast-release").start(this::close);
  }

  /** A total limit of time cancels the call too, and is no decision of the host's. */
  @Override
  public boolean isCancelled() {
    return call.isCanceled() && !cancelledHere && !timedOut;
  }
}
