package dev.holdfast.gateway.durable;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.nio.ByteBuffer;
import java.util.List;

/** A read that one response answers: at once, or when something follows. */
final class PageRead implements LiveRead {
  /** A page belongs to the key that asked for it. */
  private static final String KEY_HEADERS =
      "authorization, x-holdfast-key, x-api-key, api-key, x-goog-api-key";

  private final DurableFront front;
  private final DurableExchange exchange;
  private final StreamName name;
  private final StreamLog log;
  private final ReadQuery query;
  private final TailWatch watch;
  private DurableOffset from = DurableOffset.START;

  PageRead(
      DurableFront front,
      DurableExchange exchange,
      StreamName name,
      StreamLog log,
      ReadQuery query) {
    this.front = front;
    this.exchange = exchange;
    this.name = name;
    this.log = log;
    this.query = query;
    watch = new TailWatch(front, exchange, log, this::changed, this::timeout);
  }

  @Override
  public void begin() {
    var tail = log.tail();
    var asked = query.from();
    from = asked == null ? tail.offset() : asked;
    if (!log.has(from)) {
      exchange.reply(badOffset());
      return;
    }
    readOrWait(tail, true);
  }

  static Reply badOffset() {
    return Reply.refused(
        400, "bad-offset", "offset: must be a place of this stream, was another one");
  }

  private boolean isLive() {
    return query.live() == ReadQuery.Live.LONG_POLL;
  }

  private void readOrWait(StreamLog.Tail tail, boolean mayWait) {
    if (from.position() < tail.offset().position()) {
      PageReader.read(
          front.streams().journal(),
          log,
          from,
          tail.offset(),
          front.settings().pageBytes(),
          exchange.hop(page -> answer(page, tail)));
    } else if (tail.failed()) {
      exchange.reply(StreamLog.failed());
    } else if (isLive() && !tail.closed() && mayWait) {
      watch.begin(front.settings().longPoll());
    } else if (isLive()) {
      exchange.reply(silence(tail));
    } else {
      answer(new PageReader.Page(List.of(), from, null), tail);
    }
  }

  private void changed() {
    var tail = log.tail();
    if (log.isDead()) {
      watch.end();
      exchange.reply(
          front.streams().find(name, false) instanceof DurableStreams.Lookup.Missing missing
              ? missing.reply()
              : Reply.unknown());
    } else if (from.position() < tail.offset().position() || tail.closed() || tail.failed()) {
      watch.end();
      used();
      readOrWait(tail, false);
    }
  }

  private void timeout() {
    used();
    exchange.reply(silence(log.tail()));
  }

  /** Reading keeps a stream from expiring, and so does waiting. */
  private void used() {
    var unused = front.streams().find(name, true);
  }

  private Reply silence(StreamLog.Tail tail) {
    var reply =
        Reply.of(204)
            .with(Headers.NEXT_OFFSET, from.text())
            .with(Headers.UP_TO_DATE, "true")
            .with(Headers.CURSOR, cursor())
            .with("cache-control", "no-store");
    return tail.closed() ? reply.with(Headers.CLOSED, "true") : reply;
  }

  private String cursor() {
    return ReadQuery.nextCursor(query.cursor(), front.streams().millis().getAsLong());
  }

  private void answer(PageReader.Page page, StreamLog.Tail tail) {
    var refusal = page.refusal();
    if (refusal != null) {
      exchange.reply(refusal);
      return;
    }
    boolean atTail = page.next().position() == tail.offset().position() && !tail.failed();
    boolean closed = atTail && tail.closed();
    boolean now = query.from() == null && !isLive();
    String etag = DurableExchange.etag(from.text(), page.next(), closed);
    var headers = new DefaultHttpHeaders();
    if (!now && etag.equals(exchange.request().headers().get("if-none-match"))) {
      exchange.reply(Reply.of(304).with("etag", etag));
      return;
    }
    headers.set("content-type", log.contentType);
    headers.set(Headers.NEXT_OFFSET, page.next().text());
    if (atTail) {
      headers.set(Headers.UP_TO_DATE, "true");
    }
    if (closed) {
      headers.set(Headers.CLOSED, "true");
    }
    if (isLive()) {
      headers.set(Headers.CURSOR, cursor());
    }
    if (!now) {
      headers.set("etag", etag);
    }
    // What is before the tail never changes; whether it is the tail does.
    // At the beginning it does, too: another stream may have the name by then.
    boolean changes = atTail || from.position() == 0;
    headers.set("vary", KEY_HEADERS);
    headers.set(
        "cache-control",
        now
            ? "no-store"
            : changes ? "private, no-cache" : "private, max-age=60, stale-while-revalidate=300");
    exchange.reply(200, headers, body(page));
  }

  private ByteBuffer body(PageReader.Page page) {
    var stored = page.items().stream().map(PageReader.Item::data).toList();
    if (log.isJson()) {
      return JsonMessages.array(stored);
    }
    if (stored.size() == 1) {
      return stored.getFirst().duplicate();
    }
    var body = ByteBuffer.allocate(Math.toIntExact(page.bytes()));
    stored.forEach(data -> body.put(data.duplicate()));
    return body.flip();
  }

  @Override
  public void writable() {
    // Nothing is written before the response is whole.
  }

  @Override
  public void shutDown() {
    watch.end();
    exchange.reply(Reply.later("shutting-down", "gateway: must take requests, was shutting down"));
  }

  @Override
  public void leave() {
    watch.end();
  }
}
