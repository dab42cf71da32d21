package dev.holdfast.gateway.durable;

import dev.holdfast.gateway.durable.subscription.SubscriptionReply;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.route.ClientProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request: takes its body, acts, and writes the response. Belongs to its event loop. */
final class DurableExchange implements ClientExchange {
  /** Longest path of a stream; it is in the metadata of the journal, twice in a fork's. */
  static final int MAX_PATH = 1_024;

  /** What a journal keeps with a body: its head. */
  private static final int HEAD_BYTES = 128 << 10;

  /** Longer bodies of JSON are not parsed on the event loop. */
  private static final int PARSED_HERE = 64 << 10;

  /** What is written at a time, as long as the client reads. */
  private static final int PIECE_BYTES = 32 << 10;

  private static final String METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS";
  private static final String READABLE =
      "stream-next-offset, stream-cursor, stream-up-to-date, stream-closed, stream-ttl,"
          + " stream-expires-at, stream-sse-data-encoding, producer-epoch, producer-seq,"
          + " producer-expected-seq, producer-received-seq, etag, location, content-type";
  private static final String SENDABLE =
      "authorization, content-type, if-none-match, last-event-id, stream-seq, stream-ttl,"
          + " stream-expires-at, stream-closed, stream-forked-from, stream-fork-offset,"
          + " stream-fork-sub-offset, producer-id, producer-epoch, producer-seq, x-holdfast-key";

  private final DurableFront front;
  private final DurableFront.Request request;
  private final ClientResponse client;
  private final ExchangeRecord record;
  private final long maxBody;
  private final ArrayDeque<ByteBuffer> unsent = new ArrayDeque<>();
  private @Nullable ByteBuf body = Unpooled.EMPTY_BUFFER;
  private long claimed;
  private @Nullable LiveRead reading;
  private boolean acted;
  private boolean sending;
  private boolean over;

  DurableExchange(
      DurableFront front,
      DurableFront.Request request,
      ClientResponse client,
      ExchangeRecord record) {
    this.front = front;
    this.request = request;
    this.client = client;
    this.record = record;
    int largest = front.streams().journal().limits().batch() - HEAD_BYTES;
    maxBody = Math.min(request.maxBody(), Math.max(1, largest));
  }

  // ---------------------------------------------------------------- the request

  @Override
  public void content(HttpContent content) {
    if (over || acted) {
      return;
    }
    int size = content.content().readableBytes();
    if (claimed + size > maxBody) {
      reply(Reply.refused(413, "body-too-large", "body: must be at most " + maxBody + " bytes"));
      return;
    }
    if (size > 0) {
      if (!front.claim(size)) {
        reply(Reply.later("memory-full", "gateway: must have memory for the body, had none"));
        return;
      }
      claimed += size;
      var gathered = body;
      if (gathered == null || !gathered.isReadable()) {
        gathered = Unpooled.buffer(size);
        body = gathered;
      }
      gathered.writeBytes(content.content()); // A piece of one byte costs one byte.
    }
    if (content instanceof LastHttpContent) {
      acted = true;
      act(take());
    }
  }

  private ByteBuffer take() {
    var gathered = body;
    body = null;
    if (gathered == null || !gathered.isReadable()) {
      return ByteBuffer.allocate(0);
    }
    byte[] bytes = new byte[gathered.readableBytes()];
    gathered.readBytes(bytes);
    gathered.release();
    return ByteBuffer.wrap(bytes);
  }

  private void act(ByteBuffer bytes) {
    var name = new StreamName(request.namespace(), request.path().path());
    if (name.path().length() > MAX_PATH) {
      reply(Reply.refused(414, "path-too-long", "path: must have at most 1,024 characters"));
      return;
    }
    HttpMethod method = request.method();
    try {
      if (method.equals(HttpMethod.OPTIONS)) {
        preflight();
      } else if (SubscriptionRequests.serves(name.path())) {
        String text = StandardCharsets.UTF_8.decode(bytes).toString();
        front
            .streams()
            .blocking()
            .execute(() -> answerLater(SubscriptionRequests.reply(front, request, text)));
      } else if (name.path().equals(DurableFront.PREFIX)) {
        reply(Reply.unknown());
      } else if (method.equals(HttpMethod.GET)) {
        read(name);
      } else if (method.equals(HttpMethod.HEAD)) {
        head(name);
      } else if (method.equals(HttpMethod.PUT)) {
        var spec = Headers.spec(request.headers());
        var creation = new StreamCreation(front.streams(), name, spec, bytes, this::replyLater);
        if (spec.contentType() == null || StreamSpec.isJson(spec.contentType())) {
          parsing(bytes, creation::run);
        } else {
          creation.run();
        }
      } else if (method.equals(HttpMethod.POST)) {
        append(name, bytes);
      } else if (method.equals(HttpMethod.DELETE)) {
        front.streams().delete(name, this::replyLater);
      } else {
        reply(
            Reply.refused(405, "method", "method: must be one of the protocol")
                .with("allow", METHODS));
      }
    } catch (IllegalArgumentException e) {
      reply(Reply.refused(400, "bad-request", String.valueOf(e.getMessage())));
    }
  }

  /** A page of another origin may ask what it may send; without an origin it may read nothing. */
  private void preflight() {
    reply(
        Reply.of(204)
            .with("access-control-allow-methods", METHODS)
            .with("access-control-allow-headers", SENDABLE)
            .with("access-control-max-age", 600));
  }

  private void head(StreamName name) {
    switch (front.streams().find(name, false)) {
      case DurableStreams.Lookup.Missing missing -> reply(missing.reply());
      case DurableStreams.Lookup.Found found -> {
        var tail = found.log().tail();
        if (tail.failed()) {
          reply(StreamLog.failed());
          return;
        }
        var reply =
            Reply.of(200)
                .with("content-type", found.log().contentType)
                .with("cache-control", "no-store")
                .with("etag", etag("-1", tail.offset(), tail.closed()))
                .with(Headers.NEXT_OFFSET, tail.offset().text());
        if (tail.closed()) {
          reply.with(Headers.CLOSED, "true");
        }
        if (found.ttlSeconds() >= 0) {
          reply.with(Headers.TTL, found.ttlSeconds());
        }
        var expires = found.expiresAt();
        reply(expires == null ? reply : reply.with(Headers.EXPIRES_AT, expires));
      }
    }
  }

  static String etag(String from, DurableOffset to, boolean closed) {
    return "\"" + from + ":" + to.text() + (closed ? ":c" : "") + "\"";
  }

  private void append(StreamName name, ByteBuffer bytes) {
    HttpHeaders headers = request.headers();
    var producer = Headers.producer(headers);
    String sequence = Headers.text(headers, Headers.SEQ);
    boolean close = Headers.closes(headers);
    StreamLog log;
    switch (front.streams().find(name, true)) {
      case DurableStreams.Lookup.Missing missing -> {
        reply(missing.reply());
        return;
      }
      case DurableStreams.Lookup.Found found -> log = found.log();
    }
    if (!bytes.hasRemaining()) {
      if (close) {
        log.append(new StreamLog.Append(null, producer, sequence, true), this::replyLater);
      } else {
        reply(Reply.refused(400, "no-body", "body: must have bytes to append, was empty"));
      }
      return;
    }
    String type = headers.get("content-type", "");
    if (type.isBlank()) {
      reply(Reply.refused(400, "no-type", "content-type: must be given, was missing"));
      return;
    }
    var tail = log.tail();
    if (!StreamSpec.essence(type).equals(StreamSpec.essence(log.contentType)) && !tail.closed()) {
      reply(
          Reply.refused(
              409, "type-mismatch", "content-type: must be that of the stream, was another one"));
      return;
    }
    if (!log.isJson()) {
      log.append(new StreamLog.Append(bytes, producer, sequence, close), this::replyLater);
      return;
    }
    parsing(
        bytes,
        () -> {
          var values = JsonMessages.values(bytes);
          if (values == null) {
            replyLater(StreamCreation.invalidJson());
          } else if (values.count() == 0) {
            replyLater(
                Reply.refused(400, "no-values", "body: must have a value to append, was []"));
          } else {
            var append = new StreamLog.Append(values.joined(), producer, sequence, close);
            log.append(append, this::replyLater);
          }
        });
  }

  /** Runs what parses a body: a long one not on the event loop, which others wait for. */
  private void parsing(ByteBuffer bytes, Runnable task) {
    int size = bytes.remaining();
    if (!front.claim(size)) { // It is copied.
      reply(Reply.later("memory-full", "gateway: must have memory for the body, had none"));
      return;
    }
    claimed += size;
    if (size <= PARSED_HERE) {
      task.run();
    } else {
      front
          .streams()
          .blocking()
          .execute(() -> {
            try {
              task.run();
            } catch (IllegalArgumentException e) {
              replyLater(Reply.refused(400, "bad-request", String.valueOf(e.getMessage())));
            }
          });
    }
  }

  private void read(StreamName name) {
    var query = ReadQuery.of(request.path().query(), request.headers().get("last-event-id"));
    switch (front.streams().find(name, true)) {
      case DurableStreams.Lookup.Missing missing -> reply(missing.reply());
      case DurableStreams.Lookup.Found found -> {
        var live =
            query.live() == ReadQuery.Live.SSE
                ? new SseRead(front, this, name, found.log(), query)
                : new PageRead(front, this, name, found.log(), query);
        reading = live;
        live.begin();
      }
    }
  }

  // ---------------------------------------------------------------- the response

  ClientResponse client() {
    return client;
  }

  DurableFront.Request request() {
    return request;
  }

  boolean isOver() {
    return over;
  }

  private void answerLater(SubscriptionReply reply) {
    onLoop(() -> {
      String text = reply.body();
      var headers = new DefaultHttpHeaders();
      if (text == null) {
        reply(Reply.of(reply.status()));
        return;
      }
      headers.set("content-type", reply.contentType());
      headers.set("cache-control", "no-store");
      if (!reply.error().isEmpty()) {
        headers.set("x-holdfast-refusal", reply.error());
      }
      reply(reply.status(), headers, StandardCharsets.UTF_8.encode(text));
    });
  }

  /** Replies on the event loop, from any thread. */
  private void replyLater(Reply reply) {
    onLoop(() -> reply(reply));
  }

  /** Runs something on the event loop, unless the exchange is over by then. */
  void onLoop(Runnable task) {
    client
        .loop()
        .execute(() -> {
          if (!over) {
            task.run();
          }
        });
  }

  /** Writes a response without data. */
  void reply(Reply reply) {
    var refusal = reply.refusal();
    byte[] text = refusal == null ? new byte[0] : refusal.body(ClientProtocol.OPENAI);
    HttpHeaders headers = common(reply.headers());
    if (refusal != null) {
      headers.set("content-type", "application/json");
      headers.set("x-holdfast-refusal", refusal.code());
      refusal.retryAfterSeconds().ifPresent(after -> headers.set("retry-after", after));
    }
    if (reply.status() == 201) {
      headers.set("location", request.base() + request.path().path());
    }
    boolean bodyless =
        request.method().equals(HttpMethod.HEAD) || reply.status() == 204 || reply.status() == 304;
    client.head(reply.status(), headers, bodyless ? ClientResponse.NONE : text.length);
    record.status(reply.status());
    if (!bodyless && text.length > 0) {
      client.body(Unpooled.wrappedBuffer(text));
      record.sent(text.length);
    }
    finish(
        refusal == null ? Outcome.RELAYED : Outcome.REJECTED,
        refusal == null ? "" : refusal.code());
    client.end(new DefaultHttpHeaders());
  }

  /** Writes a response with data, as fast as the client reads. */
  void reply(int status, HttpHeaders headers, ByteBuffer data) {
    if (!front.claim(data.remaining())) {
      reply(Reply.later("memory-full", "gateway: must have memory for the page, had none"));
      return;
    }
    claimed += data.remaining();
    record.status(status);
    client.head(status, common(headers), data.remaining());
    while (data.hasRemaining()) {
      int size = Math.min(PIECE_BYTES, data.remaining());
      unsent.add(data.slice(data.position(), size));
      data.position(data.position() + size);
    }
    reading = null;
    send();
  }

  private void send() {
    if (sending) {
      return; // Writing changes whether more may be written.
    }
    sending = true;
    do {
      while (!unsent.isEmpty() && client.isWritable()) {
        var piece = unsent.remove();
        record.sent(piece.remaining());
        client.body(Unpooled.wrappedBuffer(piece));
      }
      client.flush();
    } while (!unsent.isEmpty() && client.isWritable());
    sending = false;
    if (unsent.isEmpty() && !over) {
      finish(Outcome.RELAYED, "");
      client.end(new DefaultHttpHeaders());
    }
  }

  /** Begins a response whose end is not known; {@link #piece} and {@link #end} follow. */
  void stream(HttpHeaders headers) {
    record.status(200);
    client.head(200, common(headers), ClientResponse.UNKNOWN);
  }

  /** Writes a piece of a response whose end is not known. */
  void piece(byte[] bytes) {
    record.sent(bytes.length);
    client.body(client.allocate(bytes.length).writeBytes(bytes));
  }

  /** Ends a response whose end was not known. */
  void end() {
    finish(Outcome.RELAYED, "");
    client.end(new DefaultHttpHeaders());
  }

  /** Breaks a response off, so that the client sees that it is not whole. */
  void breakOff() {
    finish(Outcome.BROKEN, "stream-failed");
    client.abort();
  }

  private HttpHeaders common(HttpHeaders headers) {
    headers.set("x-content-type-options", "nosniff");
    headers.set(
        "cross-origin-resource-policy", request.origin() == null ? "same-origin" : "cross-origin");
    String origin = request.origin();
    if (origin != null) {
      headers.set("access-control-allow-origin", origin);
      headers.set("access-control-expose-headers", READABLE);
      String others = headers.get("vary");
      headers.set("vary", others == null ? "origin" : others + ", origin");
    }
    return headers;
  }

  private void finish(Outcome outcome, String cause) {
    if (over) {
      return;
    }
    over = true;
    front.release(claimed);
    claimed = 0;
    unsent.clear();
    var gathered = body;
    body = null;
    if (gathered != null) {
      gathered.release();
    }
    var live = reading;
    reading = null;
    if (live != null) {
      live.leave();
    }
    record.finish(outcome, cause, front.nowNanos());
  }

  @Override
  public void clientGone() {
    finish(Outcome.CLIENT_GONE, "cancelled");
  }

  @Override
  public void writability() {
    if (over) {
      return;
    }
    var live = reading;
    if (live != null) {
      live.writable();
    } else if (!unsent.isEmpty()) {
      send();
    }
  }

  @Override
  public void shutDown() {
    var live = reading;
    if (over || !unsent.isEmpty()) {
      return; // What is being sent has its end.
    }
    if (live != null) {
      live.shutDown();
    } else if (!acted) {
      // What was acted on is answered: it may be stored already.
      reply(Reply.later("shutting-down", "gateway: must take requests, was shutting down"));
    }
  }

  /** Passes a result on to the event loop. */
  <T> Consumer<T> hop(Consumer<? super T> then) {
    return value -> onLoop(() -> then.accept(value));
  }
}
