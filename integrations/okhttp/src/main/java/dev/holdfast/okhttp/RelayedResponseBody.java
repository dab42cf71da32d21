package dev.holdfast.okhttp;

import java.io.InputStream;
import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** A body whose length is not known before it ends. */
final class RelayedResponseBody extends ResponseBody {
  private final BufferedSource source;
  private final @Nullable MediaType type;

  RelayedResponseBody(InputStream whole, @Nullable MediaType type) {
    this.source = Okio.buffer(Okio.source(whole));
    this.type = type;
  }

  @Override
  public @Nullable MediaType contentType() {
    return type;
  }

  @Override
  public long contentLength() {
    return -1;
  }

  @Override
  public BufferedSource source() {
    return source;
  }
}
