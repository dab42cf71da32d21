package dev.holdfast.client;

import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.Objects;

/** Keeps text in memory, up to a limit past which the stream ends. Readable after closing. */
public final class MemorySink implements TextSink {
  private final int limit;
  private final StringBuilder text = new StringBuilder();

  /** An empty sink for at most {@code limit} UTF-16 units. */
  public MemorySink(int limit) {
    Check.that(limit >= 0, "limit", "must not be negative", limit);
    this.limit = limit;
  }

  @Override
  public void append(String more) throws IOException {
    Objects.requireNonNull(more, "more");
    if (more.length() > limit - text.length()) {
      throw new IOException("memory sink: at most " + limit + " characters");
    }
    text.append(more);
  }

  @Override
  public Reader reader() {
    return new StringReader(text.toString());
  }

  @Override
  public void close() {
    // Nothing is held but memory, and the text stays readable.
  }
}
