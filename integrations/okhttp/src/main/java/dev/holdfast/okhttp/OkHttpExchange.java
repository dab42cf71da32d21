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

/** One call of OkHttp. Cancelling a call closes its socket from any thread. */
final class OkHttpExchange implements RelayExchange {
  private static final MediaType JSON = MediaType.get("application/json");

  private final Call call;
  private @Nullable Response response;
  private @Nullable InputStream body;
  private volatile boolean aborted;
  private boolean timedOut;

  private OkHttpExchange(Call call, @Nullable Response response) {
    this.call = call;
    this.response = response;
  }

  /** {@return an exchange whose head has come} */
  static OkHttpExchange of(Call call, Response response) {
    return new OkHttpExchange(call, response);
  }

  /** {@return an exchange that is sent when its head is asked for} */
  static OkHttpExchange open(Call.Factory client, Transport.Request request) {
    var builder = new Request.Builder().url(request.uri().toString());
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
    if (response == null) {
      response = call.execute();
    }
    return new ResponseHead(response.code(), response.headers().toMultimap());
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (body == null) {
      var answered = response;
      var answer = answered == null ? null : answered.body();
      if (answer == null) {
        return -1;
      }
      body = answer.byteStream();
    }
    try {
      return body.read(bytes, offset, length);
    } catch (InterruptedIOException e) {
      timedOut = !Thread.currentThread().isInterrupted();
      throw e;
    }
  }

  @Override
  public void abort() {
    aborted = true;
    call.cancel();
  }

  /** OkHttp reads the rest of a body that ends within 100 ms, and keeps the connection then. */
  @Override
  public void release() {
    var answered = response;
    if (answered != null) {
      Thread.ofVirtual().name("holdfast-release").start(answered::close);
    }
  }

  /** A total limit of time cancels the call too, and is no decision of the host's. */
  @Override
  public boolean isCancelled() {
    return call.isCanceled() && !aborted && !timedOut;
  }
}
