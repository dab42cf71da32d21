package dev.holdfast.gateway.ui;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.gateway.journal.StreamHeaders;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The response to a client that reads UI message streams: takes an answer's body, which the machine
 * has let pass, and writes its events as chunks. How the stream ended decides what it ends with,
 * and not the bytes: only a complete one gets {@code finish} and {@code [DONE]}. Belongs to the
 * event loop of its client.
 */
public final class UiResponse implements ClientResponse {
  private static final byte[] SIGN_OF_LIFE = ":\n".getBytes(StandardCharsets.US_ASCII);
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What follows for the chat. */
  public interface Listener {
    /**
     * The end of a stream was written.
     *
     * @param acknowledged whether the client's machine has it, each time it is asked
     */
    void written(StreamId stream, BooleanSupplier acknowledged);

    /** The client has shown that it has the end of a stream. */
    void received(StreamId stream);
  }

  private final ClientResponse client;
  private final FrameDecoder decoder;
  private final DialectReader reader;
  private final boolean replays;
  private final @Nullable JournalOffset after;
  private final Listener listener;
  private final List<Json.Obj> chunks = new ArrayList<>();
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
  private @Nullable UiOpening opening;
  private @Nullable UiEncoder encoder;
  private @Nullable JournalEnd end;
  private @Nullable StreamId stream;

  /** Whether the body is an answer, and no refusal. */
  private boolean converts;

  /** Whether the frame that is read is a sign of life. */
  private boolean life;

  /** Why nothing more is read; empty while it is. */
  private String failure = "";

  /**
   * A response.
   *
   * @param dialect the protocol of the body
   * @param opening what the answer begins with; null for a replay, for which the journal has that
   * @param after the place after what the client has; null for nothing
   */
  public UiResponse(
      ClientResponse client,
      String dialect,
      @Nullable UiOpening opening,
      @Nullable JournalOffset after,
      Listener listener) {
    this.client = client;
    this.opening = opening;
    this.replays = opening == null;
    this.after = after;
    this.listener = listener;
    var protocol = Dialects.relayed(dialect);
    decoder = protocol.newDecoder(FrameLimits.DEFAULT);
    reader = protocol.newReader(CompletionPolicy.STRICT);
  }

  // ---------------------------------------------------------------- the answer

  @Override
  public void opening(byte[] stored) {
    if (opening == null) {
      opening = UiOpening.of(stored);
    }
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    if (status != 200 || length != UNKNOWN) {
      client.head(status, headers, length); // What an upstream refused with.
      return;
    }
    converts = true;
    String id = headers.get(StreamHeaders.ID, "");
    stream = id.isEmpty() ? null : StreamId.parse(id);
    headers.set("content-type", "text/event-stream");
    headers.set("cache-control", "no-cache");
    headers.set("x-accel-buffering", "no");
    headers.set("x-vercel-ai-ui-message-stream", "v1");
    client.head(200, headers, length);
    if (!replays) {
      var unused = encoder();
      write("");
      send();
    }
  }

  /** {@return the encoder, which has written the start} */
  private UiEncoder encoder() {
    var made = encoder;
    if (made == null) {
      var from = opening == null ? UiOpening.NEW : opening;
      var id = stream == null ? StreamId.draw(RANDOM) : stream;
      made =
          new UiEncoder(from.messageId().isEmpty() ? "msg-" + id : from.messageId(), chunks::add);
      encoder = made;
      // The client that asked has the earlier parts, and so has one with a cursor.
      made.start(replays && after == null ? from.earlier() : List.of());
      made.skip(after != null);
    }
    return made;
  }

  @Override
  public void body(ByteBuf bytes) {
    if (!converts) {
      client.body(bytes);
      return;
    }
    byte[] piece = ByteBufUtil.getBytes(bytes);
    bytes.release();
    if (!failure.isEmpty()) {
      return;
    }
    life = false;
    try {
      decoder.feed(ByteBuffer.wrap(piece));
      for (Frame frame = decoder.poll(); frame != null; frame = decoder.poll()) {
        frame(frame);
      }
    } catch (FrameLimitException e) {
      failure = Cause.LIMIT_EXCEEDED.id();
    }
    if (life && gathered.size() == 0) {
      gathered.writeBytes(SIGN_OF_LIFE);
    }
    send();
  }

  private void frame(Frame frame) {
    life |= frame.kind() == Frame.Kind.COMMENT;
    var place = place(frame);
    var cursor = after;
    var writes = encoder();
    if (cursor != null && place != null) {
      boolean has = place.sequence() <= cursor.sequence();
      if (place.sequence() == cursor.sequence() && place.epoch() != cursor.epoch()) {
        failure = "an offset that this stream did not give"; // Another process wrote the rest.
        return;
      }
      writes.skip(has);
    }
    reader.read(frame, this::event);
    write(place == null || stream == null ? "" : place.text(stream));
  }

  private void event(StreamEvent event) {
    life |= event instanceof StreamEvent.Heartbeat;
    encoder().event(event);
  }

  /** {@return the place after a frame of the journal; null where it has none} */
  private @Nullable JournalOffset place(Frame frame) {
    var id = stream;
    if (id == null || frame.kind() != Frame.Kind.EVENT || frame.lastEventId().isEmpty()) {
      return null;
    }
    try {
      return JournalOffset.parse(frame.lastEventId(), id);
    } catch (IllegalArgumentException e) {
      return null; // An upstream's own.
    }
  }

  /** Writes the chunks of one frame; after the last one the client has all of it. */
  private void write(String id) {
    for (int i = 0; i < chunks.size(); i++) {
      Chunks.write(chunks.get(i), i == chunks.size() - 1 ? id : "", gathered);
    }
    chunks.clear();
  }

  private void send() {
    if (gathered.size() > 0) {
      var bytes = client.allocate(gathered.size());
      bytes.writeBytes(gathered.toByteArray());
      gathered.reset();
      client.body(bytes);
    }
  }

  // ---------------------------------------------------------------- the end

  @Override
  public void ending(JournalEnd how) {
    end = end == null ? how : end;
  }

  @Override
  public void end(HttpHeaders trailers) {
    if (converts) {
      finish();
    } else {
      client.end(trailers);
    }
  }

  /** The protocol has an error of its own; without a known end the connection is that. */
  @Override
  public void abort() {
    var how = end;
    if (converts && how != null && how.kind() != JournalEnd.Kind.COMPLETE) {
      finish();
    } else {
      client.abort();
    }
  }

  private void finish() {
    var how = end == null ? JournalEnd.of(JournalEnd.Kind.FAILED) : end;
    var writes = encoder();
    if (!failure.isEmpty()) {
      error(failure);
    } else {
      switch (how.kind()) {
        case COMPLETE -> {
          reader.end(writes::event);
          writes.complete();
        }
        case CANCELLED -> chunks.add(Chunks.of("abort").text("reason", "stopped").object());
        case TRUNCATED, FAILED, EXPIRED -> error(cause(how));
      }
    }
    write("");
    if (failure.isEmpty() && how.kind() == JournalEnd.Kind.COMPLETE) {
      Chunks.write("[DONE]", "", gathered);
    }
    send();
    client.end(EmptyHttpHeaders.INSTANCE);
    var ended = stream;
    if (ended != null) {
      listener.written(ended, client::isAcknowledged);
      client.whenReceived(() -> listener.received(ended));
    }
  }

  private void error(String cause) {
    chunks.add(
        Chunks.of("error")
            .text("errorText", "holdfast: answer: must be whole, was cut by " + cause)
            .object());
  }

  private static String cause(JournalEnd how) {
    String detail = how.detail();
    int comma = detail.indexOf(',');
    String cause = comma < 0 ? detail : detail.substring(0, comma);
    return cause.isEmpty() ? StreamHeaders.name(how.kind()) : cause;
  }

  @Override
  public void refuse(Refusal refusal) {
    client.refuse(refusal);
  }

  /** {@return the stream that is read; null until the head, and where none is kept} */
  public @Nullable StreamId stream() {
    return stream;
  }

  // ---------------------------------------------------------------- the connection

  @Override
  public EventLoop loop() {
    return client.loop();
  }

  @Override
  public ByteBuf allocate(int size) {
    return client.allocate(size);
  }

  @Override
  public boolean isWritable() {
    return client.isWritable();
  }

  @Override
  public void reading(boolean on) {
    client.reading(on);
  }

  @Override
  public boolean hasBegun() {
    return client.hasBegun();
  }

  @Override
  public void flush() {
    client.flush();
  }

  @Override
  public void whenReceived(Runnable action) {
    client.whenReceived(action);
  }

  @Override
  public boolean isAcknowledged() {
    return client.isAcknowledged();
  }
}
