package dev.holdfast.anthropic;

import com.anthropic.core.http.Headers;
import com.anthropic.core.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A response with another body; closing it returns at once, from any thread. */
final class RelayedResponse implements HttpResponse {
  private final HttpResponse first;
  private final InputStream whole;
  private final Runnable closing;
  private final AtomicBoolean closed = new AtomicBoolean();

  RelayedResponse(HttpResponse first, InputStream whole, Runnable closing) {
    this.first = first;
    this.whole = whole;
    this.closing = closing;
  }

  @Override
  public int statusCode() {
    return first.statusCode();
  }

  @Override
  public Headers headers() {
    return first.headers();
  }

  @Override
  public InputStream body() {
    return whole;
  }

  @Override
  public void close() {
    try {
      whole.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (closed.compareAndSet(false, true)) {
        closing.run();
      }
    }
  }
}
