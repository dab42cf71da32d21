package dev.holdfast.gateway.durable;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A read by server-sent events: each append is one event with data, and one with the place after
 * it. Both have that place as their id, so that a browser reads on by itself. No more than one page
 * is in memory, and the next one is read when the client has taken it.
 */
final class SseRead implements LiveRead {
  private static final int PAGE_BYTES = 64 << 10;
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final DurableFront front;
  private final DurableExchange exchange;
  private final StreamName name;
  private final StreamLog log;
  private final ReadQuery query;
  private final TailWatch watch;
  private final boolean text;
  private final ArrayDeque<PageReader.Item> unsent = new ArrayDeque<>();
  private DurableOffset at = DurableOffset.START;
  private long claimed;
  private boolean reading;
  private boolean tailSent;
  private boolean closureSent;
  private boolean stepping;
  private boolean ending;
  private @Nullable Future<?> recycle;

  SseRead(
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
    text = StreamSpec.isText(log.contentType);
    watch = new TailWatch(front, exchange, log, this::changed, this::silent);
  }

  @Override
  public void begin() {
    var asked = query.from();
    at = asked == null ? log.tail().offset() : asked;
    if (!log.has(at)) {
      exchange.reply(PageRead.badOffset());
      return;
    }
    var headers =
        new DefaultHttpHeaders()
            .set("content-type", "text/event-stream")
            .set("cache-control", "no-cache")
            .set("x-accel-buffering", "no");
    if (!text) {
      headers.set(Headers.SSE_ENCODING, "base64");
    }
    exchange.stream(headers);
    recycle =
        exchange
            .client()
            .loop()
            .schedule(
                () -> exchange.onLoop(this::shutDown),
                front.settings().connection().toMillis(),
                TimeUnit.MILLISECONDS);
    step();
  }

  /** Does what is next, until the client, the storage or the stream must be waited for. */
  private void step() {
    if (stepping || exchange.isOver()) {
      return; // Writing changes whether more may be written.
    }
    stepping = true;
    do {
      while (!unsent.isEmpty() && exchange.client().isWritable()) {
        send(unsent.remove());
      }
      exchange.client().flush();
    } while (!unsent.isEmpty() && exchange.client().isWritable());
    if (unsent.isEmpty() && !reading && exchange.client().isWritable()) {
      next();
    }
    stepping = false;
  }

  private void next() {
    front.release(claimed);
    claimed = 0;
    var tail = log.tail();
    if (log.isDead() || ending) {
      exchange.end();
    } else if (at.position() < tail.offset().position()) {
      reading = true;
      watch.end();
      PageReader.read(
          front.streams().journal(), log, at, tail.offset(), PAGE_BYTES, exchange.hop(this::got));
    } else if (tail.failed()) {
      exchange.breakOff();
    } else if (tail.closed()) {
      if (!closureSent) {
        control(tail);
      }
      exchange.end();
    } else {
      if (!tailSent) {
        control(tail);
        exchange.client().flush();
      }
      watch.begin(front.settings().longPoll());
    }
  }

  private void got(PageReader.Page page) {
    reading = false;
    if (page.refusal() != null) {
      exchange.breakOff();
      return;
    }
    claimed = page.memoryBytes();
    if (!front.claim(claimed)) {
      claimed = 0;
      exchange.end(); // The client reads on by a new request.
      return;
    }
    unsent.addAll(page.items());
    step();
  }

  private void changed() {
    var tail = log.tail();
    boolean more = at.position() < tail.offset().position();
    if (more || tail.closed() || tail.failed() || log.isDead()) {
      watch.end();
      var unused = front.streams().find(name, true);
      step();
    }
  }

  private void silent() {
    var unused = front.streams().find(name, true);
    tailSent = false;
    step();
  }

  private void send(PageReader.Item item) {
    at = item.offset();
    var event = new ByteArrayOutputStream(item.data().remaining() + 256);
    event.writeBytes(bytes("id: " + at.text() + "\nevent: data\n"));
    if (log.isJson()) {
      lines(event, JsonMessages.array(List.of(item.data())));
    } else if (text) {
      lines(event, item.data());
    } else {
      lines(event, Base64.getEncoder().encode(item.data().duplicate()));
    }
    event.write('\n');
    exchange.piece(event.toByteArray());
    var tail = log.tail();
    control(tail);
  }

  private void control(StreamLog.Tail tail) {
    boolean atTail = at.position() == tail.offset().position() && !tail.failed();
    tailSent = atTail;
    closureSent = atTail && tail.closed();
    var json = new StringBuilder("{\"streamNextOffset\":\"").append(at.text()).append('"');
    if (atTail && tail.closed()) {
      json.append(",\"streamClosed\":true");
    } else {
      String cursor = ReadQuery.nextCursor(query.cursor(), front.streams().millis().getAsLong());
      json.append(",\"streamCursor\":\"").append(cursor).append('"');
      if (atTail) {
        json.append(",\"upToDate\":true");
      }
    }
    exchange.piece(bytes("id: " + at.text() + "\nevent: control\ndata:" + json + "}\n\n"));
  }

  /** Writes each line with its field name; a carriage return ends a line, too. */
  private static void lines(ByteArrayOutputStream event, ByteBuffer data) {
    var left = data.duplicate();
    line(event, left);
    while (left.hasRemaining()) {
      byte b = left.get();
      if (b == '\r' && left.hasRemaining() && left.get(left.position()) == '\n') {
        continue;
      }
      if (b == '\r' || b == '\n') {
        event.write('\n');
        line(event, left);
      } else {
        event.write(b);
      }
    }
    event.write('\n');
  }

  /** Begins a line. Readers take one space away, so that a line that begins with one has two. */
  private static void line(ByteArrayOutputStream event, ByteBuffer rest) {
    event.writeBytes(DATA);
    if (rest.hasRemaining() && rest.get(rest.position()) == ' ') {
      event.write(' ');
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void writable() {
    if (!watch.isWaiting()) {
      step();
    }
  }

  /** Ends after the event that is being sent: the client reads on by a new request. */
  @Override
  public void shutDown() {
    ending = true;
    unsent.clear();
    watch.end();
    if (!reading) {
      step();
    }
  }

  @Override
  public void leave() {
    watch.end();
    unsent.clear();
    front.release(claimed);
    claimed = 0;
    if (recycle != null) {
      recycle.cancel(false);
    }
  }
}
