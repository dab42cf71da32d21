package dev.holdfast.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;
import okio.Source;
import org.jspecify.annotations.Nullable;

/** The fastest Java peer: okhttp-sse, through its public API, over a body in memory. */
final class OkHttpTasks {
  private static final MediaType EVENT_STREAM = MediaType.get("text/event-stream");

  private OkHttpTasks() {}

  /** Bytes to events as strings, which is what it delivers. */
  static Task framing(byte[] body) {
    Buffer bytes = new Buffer().write(body);
    return () -> {
      Counter counter = new Counter();
      EventSources.processResponse(response(bytes), counter);
      return counter.found();
    };
  }

  /** Bytes to text and finish, the payload read with Jackson's streaming parser. */
  static Task text(byte[] body, JacksonDeltas deltas) {
    Buffer bytes = new Buffer().write(body);
    return () -> {
      deltas.reset();
      EventSources.processResponse(response(bytes), new Texts(deltas));
      return deltas.found();
    };
  }

  /**
   * A response whose source hands over segments of a shared buffer: no byte is copied on the way,
   * just as Holdfast is fed in place.
   */
  private static Response response(Buffer bytes) {
    Source source = new ForwardingSource(bytes.clone()) {};
    ResponseBody content = ResponseBody.create(Okio.buffer(source), EVENT_STREAM, -1);
    return new Response.Builder()
        .request(new Request.Builder().url("http://localhost/").build())
        .protocol(Protocol.HTTP_1_1)
        .code(200)
        .message("OK")
        .body(content)
        .build();
  }

  /** Fails loudly: a listener that swallows a failure would look fast. */
  private abstract static class Strict extends EventSourceListener {
    @Override
    public void onFailure(
        EventSource source, @Nullable Throwable failure, @Nullable Response response) {
      throw new IllegalStateException("okhttp-sse failed", failure);
    }
  }

  private static final class Counter extends Strict {
    private long events;
    private long sum;

    @Override
    public void onEvent(
        EventSource source, @Nullable String id, @Nullable String type, String data) {
      events++;
      sum +=
          data.charAt(0)
              + data.charAt(data.length() - 1)
              + (type == null ? "message" : type).length();
    }

    Task.Found found() {
      return new Task.Found(events, sum);
    }
  }

  private static final class Texts extends Strict {
    private final JacksonDeltas deltas;

    Texts(JacksonDeltas deltas) {
      this.deltas = deltas;
    }

    @Override
    public void onEvent(
        EventSource source, @Nullable String id, @Nullable String type, String data) {
      try {
        deltas.read(data);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
