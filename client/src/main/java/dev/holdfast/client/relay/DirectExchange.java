package dev.holdfast.client.relay;

import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * An exchange of a client whose responses another thread may close while they are read: closing
 * then ends the call. Its body is read on the reader's own thread, which costs no hand-over between
 * threads.
 */
public final class DirectExchange implements RelayExchange {
  private final BackgroundExchange.Response response;
  private @Nullable InputStream body;

  private DirectExchange(BackgroundExchange.Response response) {
    this.response = response;
  }

  /** {@return an exchange whose response has come; its body is not touched before it is read} */
  public static DirectExchange of(BackgroundExchange.Response response) {
    return new DirectExchange(response);
  }

  @Override
  public ResponseHead head() {
    return response.head();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    var open = body;
    if (open == null) {
      open = response.body();
      body = open;
    }
    return open.read(bytes, offset, length);
  }

  /** Closes the response on a thread of its own: a client may read what is left of a body first. */
  @Override
  public void abort() {
    Thread.ofVirtual().name("holdfast-relay-abort").start(response::close);
  }
}
