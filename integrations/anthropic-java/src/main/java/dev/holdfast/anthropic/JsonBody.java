package dev.holdfast.anthropic;

import com.anthropic.core.http.HttpRequestBody;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON text of a continuation. */
final class JsonBody implements HttpRequestBody {
  private final byte[] bytes;

  JsonBody(String text) {
    bytes = text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void writeTo(OutputStream out) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public long contentLength() {
    return bytes.length;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
