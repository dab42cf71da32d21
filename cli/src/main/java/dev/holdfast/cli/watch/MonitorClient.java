package dev.holdfast.cli.watch;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The event stream of a monitor's server, read for as long as it lasts. A connection that breaks is
 * made again, from where it broke; {@link #stop} may come from any thread.
 */
final class MonitorClient implements AutoCloseable {
  /** Takes one event's data. */
  interface Reader {
    /** {@return whether to continue} */
    boolean read(String data);
  }

  private static final int CONNECT_MILLIS = (int) Duration.ofSeconds(5).toMillis();

  /** News come every second; silence of this length is a broken connection. */
  private static final int READ_MILLIS = (int) Duration.ofSeconds(15).toMillis();

  private static final int MAX_REPAIRS = 5;
  private static final Duration BETWEEN = Duration.ofSeconds(1);

  private final URI events;
  private String lastEventId = "";
  private volatile boolean closed;
  private volatile HttpURLConnection open;

  /** A feed of the server at {@code url}, for example {@code http://127.0.0.1:9464/}. */
  MonitorClient(URI url) throws IOException {
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/(events)?$", "");
    events = URI.create(url.getScheme() + "://" + url.getRawAuthority() + path + "/events");
    open = connection();
  }

  private HttpURLConnection connection() throws IOException {
    var connection = (HttpURLConnection) events.toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setInstanceFollowRedirects(false);
    connection.setRequestProperty("Accept", "text/event-stream");
    return connection;
  }

  /**
   * Reads until {@code reader} has enough or the feed is closed.
   *
   * @throws IOException if the server cannot be reached, or no more
   * @throws BadInputException if it answers with something else
   */
  void read(Reader reader) throws IOException, InterruptedException {
    int repairs = 0;
    while (!closed) {
      try {
        if (readOnce(reader)) {
          return;
        }
        repairs = 0; // It had worked.
      } catch (IOException e) {
        boolean never = lastEventId.isEmpty();
        if (closed) {
          return;
        }
        if (never || ++repairs > MAX_REPAIRS) {
          throw e;
        }
      }
      Thread.sleep(BETWEEN);
      open = connection();
    }
  }

  /** {@return whether the reader had enough} */
  private boolean readOnce(Reader reader) throws IOException {
    var connection = open;
    if (!lastEventId.isEmpty()) {
      connection.setRequestProperty("Last-Event-ID", lastEventId);
    }
    int status = connection.getResponseCode();
    String type = String.valueOf(connection.getContentType());
    if (status != 200 || !type.startsWith("text/event-stream")) {
      throw BadInputException.of(
          "URL", "must serve a monitor's events", "HTTP " + status + " " + type);
    }
    var decoder = new SseDecoder(FrameLimits.DEFAULT).startingAt(lastEventId);
    var chunk = new byte[16 * 1024];
    try (InputStream in = connection.getInputStream()) {
      int got = in.read(chunk);
      while (got >= 0) {
        decoder.feed(ByteBuffer.wrap(chunk, 0, got));
        if (drain(decoder, reader)) {
          return true;
        }
        got = in.read(chunk);
      }
    } catch (FrameLimitException e) {
      throw BadInputException.of("URL", "must serve events of at most 16 MiB", "longer");
    } finally {
      connection.disconnect();
    }
    return false;
  }

  private boolean drain(SseDecoder decoder, Reader reader) {
    Frame frame = decoder.poll();
    while (frame != null) {
      if (frame.kind() == Frame.Kind.EVENT && frame.type().equals("news")) {
        lastEventId = frame.lastEventId();
        if (!reader.read(frame.data())) {
          return true;
        }
      }
      frame = decoder.poll();
    }
    return false;
  }

  /** Ends the reading. Any thread; never blocks for long. */
  void stop() {
    closed = true;
    open.disconnect();
  }

  @Override
  public void close() {
    stop();
  }
}
