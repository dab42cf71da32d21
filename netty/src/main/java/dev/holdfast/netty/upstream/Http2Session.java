package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection that speaks HTTP/2 (RFC 9113) and carries many exchanges. Each has a window of its
 * own; the connection's is always filled again, so that an absent reader holds back no other.
 * Belongs to its event loop.
 */
final class Http2Session extends Http2EventAdapter {
  /** What a server may send ahead of the reader, for each exchange. */
  private static final int WINDOW_BYTES = 256 << 10;

  private static final int MAX_HEAD_BYTES = 64 << 10;

  /** What is remembered of the fields that were sent, however much the server allows. */
  private static final int MAX_TABLE_BYTES = 4 << 10;

  /** Frames without data in a row: an application that flushes nothing makes some. */
  private static final int MAX_EMPTY_FRAMES = 1024;

  private final Origin origin;
  private final Channel channel;
  private final ConnectionPool pool;
  private final WaitingExchanges waiting;
  private final DefaultHttp2Connection connection;
  private final Http2ConnectionHandler handler;
  private final ChannelHandlerContext context;
  private final IntObjectMap<Http2Exchange> open = new IntObjectHashMap<>();
  private final List<Http2Exchange> touched = new ArrayList<>();
  private final long madeAt;
  private long idleSince;
  private long readAt;
  private long pingedAt;

  /** Whether a ping is not answered yet. */
  private boolean pinged;

  private @Nullable Consumer<@Nullable Failure> onSettled;
  private @Nullable Future<?> settling;
  private boolean settled;
  private boolean leaving;
  private @Nullable Failure within;
  private @Nullable Failure before;

  Http2Session(Origin origin, Channel channel, ConnectionPool pool, WaitingExchanges waiting) {
    this.origin = origin;
    this.channel = channel;
    this.pool = pool;
    this.waiting = waiting;
    madeAt = pool.now();
    idleSince = madeAt;
    readAt = madeAt;
    connection = new DefaultHttp2Connection(false);
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    connection.addListener(this);
    handler =
        new Http2ConnectionHandlerBuilder()
            .connection(connection)
            .frameListener(this)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .pushEnabled(false)
                    .initialWindowSize(WINDOW_BYTES)
                    .maxHeaderListSize(MAX_HEAD_BYTES))
            .gracefulShutdownTimeoutMillis(0)
            .decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_FRAMES)
            .headerSensitivityDetector((name, value) -> Http2Messages.isSecret(name))
            .build();
    connection.remote().flowController().listener(this::sendable);
    channel.pipeline().addLast(handler).addLast(new Rest());
    context = channel.pipeline().context(handler);
  }

  // ---------------------------------------------------------------- the pool

  long now() {
    return pool.now();
  }

  private boolean isYoung() {
    return pool.now() - madeAt <= pool.settings().maxAge().toNanos();
  }

  /** {@return whether one more exchange may begin on it} */
  boolean hasRoom() {
    return settled
        && !leaving
        && !pinged
        && channel.isActive()
        && isYoung()
        && !connection.goAwayReceived()
        && connection.local().canOpenStream();
  }

  /** Closes it; what is open fails. */
  void close() {
    leaving = true;
    channel.close();
  }

  /** Looks after what it waits for; twice a second. */
  void sweep(long now) {
    for (int id : ids()) {
      var exchange = open.get(id);
      if (exchange != null && exchange.lingersTooLong(now)) {
        cancel(id);
      }
    }
    if (open.isEmpty()) {
      if (now - idleSince > pool.settings().idleTime().toNanos() || !isYoung()) {
        close();
      }
    } else if (pinged) {
      if (now - pingedAt > pool.settings().pingTime().toNanos()) {
        String where = origin.authority();
        lost(ConnectFailures.silent(true, where), ConnectFailures.silent(false, where));
      }
    } else if (now - readAt > pool.settings().quietTime().toNanos()) {
      pinged = true;
      pingedAt = now;
      handler.encoder().writePing(context, false, now, context.newPromise());
      handler.flush(context);
    }
  }

  /** Fails what is open, without waiting for a peer that may be gone, and closes the connection. */
  private void lost(Failure within, Failure before) {
    leaving = true;
    this.within = within;
    this.before = before;
    failAll();
    channel.close();
  }

  /**
   * Runs a task once it is known how many streams the server allows, or the connection is gone. A
   * server whose settings do not come in time has failed.
   *
   * @param time how long it may take; zero for no limit
   * @param task receives the failure of a server that has; else null
   */
  void whenSettled(Duration time, Consumer<@Nullable Failure> task) {
    if (settled) {
      task.accept(null);
      return;
    }
    onSettled = task;
    if (time.isPositive()) {
      settling =
          channel.eventLoop().schedule(this::unsettled, time.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void unsettled() {
    if (!settled) {
      var late = ConnectFailures.tookTooLong(origin.authority());
      settle(late);
      lost(ConnectFailures.ended(true, origin.authority()), late);
    }
  }

  private void settle(@Nullable Failure failure) {
    settled = true;
    if (settling != null) {
      boolean unused = settling.cancel(false);
      settling = null;
    }
    var task = onSettled;
    onSettled = null;
    if (task != null) {
      task.accept(failure);
    }
  }

  // ---------------------------------------------------------------- requests

  void begin(UpstreamExchange exchange) {
    int id = connection.local().incrementAndGetNextStreamId();
    if (id < 0) {
      leaving = true; // No numbers are left.
      exchange.refused(ConnectFailures.ended(false, origin.authority()));
      return;
    }
    var request = exchange.request();
    var carried = new Http2Exchange(this, id, exchange);
    open.put(id, carried);
    exchange.carried(carried);
    BodySource source = request.source();
    boolean ends = source == null && !request.isPiecemeal();
    handler
        .encoder()
        .writeHeaders(
            context, id, Http2Messages.request(request, origin), 0, ends, context.newPromise())
        .addListener(sent -> {
          if (!sent.isSuccess()) {
            refuse(id, ConnectFailures.before(sent.cause(), origin.authority()));
          }
        });
    carried.begun();
    if (source != null) {
      send(id, source.body(channel.alloc()), true);
    }
    handler.flush(context);
    exchange.sendable();
  }

  void send(int id, ByteBuf bytes, boolean last) {
    handler.encoder().writeData(context, id, bytes, 0, last, context.newPromise());
  }

  void sendEnd(int id, HttpHeaders trailers) {
    if (trailers.isEmpty()) {
      send(id, Unpooled.EMPTY_BUFFER, true);
    } else {
      handler
          .encoder()
          .writeHeaders(
              context, id, Http2Messages.trailers(trailers), 0, true, context.newPromise());
    }
    flush();
  }

  void flush() {
    handler.flush(context);
  }

  /** {@return whether the server's windows and the channel take more of a request's body} */
  boolean isWritable(int id) {
    Http2Stream stream = connection.stream(id);
    return channel.isActive()
        && stream != null
        && connection.remote().flowController().isWritable(stream);
  }

  private void sendable(Http2Stream stream) {
    var exchange = open.get(stream.id());
    if (exchange != null) {
      exchange.sendable();
    }
  }

  /** Ends an exchange before its response has ended. */
  void cancel(int id) {
    if (open.remove(id) != null) {
      handler.resetStream(context, id, Http2Error.CANCEL.code(), context.newPromise());
      handler.flush(context);
      rest();
    }
  }

  /** The reader has taken so many bytes: the server may send as many more. */
  void consumed(int id, int bytes) {
    Http2Stream stream = connection.stream(id);
    if (stream == null || bytes == 0) {
      return;
    }
    try {
      if (connection.local().flowController().consumeBytes(stream, bytes)) {
        handler.flush(context);
      }
    } catch (Http2Exception e) {
      handler.onError(context, true, e);
    }
  }

  private void rest() {
    if (open.isEmpty()) {
      idleSince = pool.now();
      if (leaving || connection.goAwayReceived()) {
        channel.close();
      }
    }
  }

  // ---------------------------------------------------------------- responses

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    var table = handler.encoder().configuration().headersConfiguration();
    if (table.maxHeaderTableSize() > MAX_TABLE_BYTES) {
      table.maxHeaderTableSize(MAX_TABLE_BYTES);
    }
    settle(null);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean ends) {
    onHeadersRead(context, id, headers, padding, ends);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean ends) {
    var exchange = open.get(id);
    if (exchange == null) {
      return;
    }
    if (exchange.hasHead()) {
      if (ends) {
        end(id, Http2Messages.fields(headers));
      }
      return;
    }
    var head = Http2Messages.head(headers);
    if (head == null) {
      broken(exchange, id);
      return;
    }
    int status = head.status().code();
    if (status == 101) { // "HTTP/2 removes support for the 101 status code." -- RFC 9113, 8.6
      broken(exchange, id);
      return;
    }
    if (status >= 200) {
      exchange.head(head);
      touched(exchange);
    }
    if (ends && Http2Messages.announcesBody(head) && !exchange.expectsNoBody()) {
      fail(id, ConnectFailures.tooShort(), false);
    } else if (ends) {
      end(id, EmptyHttpHeaders.INSTANCE);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean ends) {
    int count = data.readableBytes();
    var exchange = open.get(id);
    if (exchange == null) {
      return count + padding;
    }
    int taken = count;
    if (count > 0 && !exchange.hasHead()) {
      broken(exchange, id);
      return count + padding;
    }
    if (count > 0) {
      var piece = pool.piece(count);
      piece.writeBytes(data, data.readerIndex(), count);
      taken = exchange.content(piece, count);
      touched(exchange);
    }
    if (ends) {
      end(id, EmptyHttpHeaders.INSTANCE);
    }
    return taken + padding;
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext context, int id, long code) {
    var exchange = open.get(id);
    if (exchange != null) {
      var failure = ConnectFailures.reset(exchange.hasHead(), origin.authority());
      if (code == Http2Error.REFUSED_STREAM.code() && !exchange.hasHead()) {
        refuse(id, failure);
      } else {
        fail(id, failure, false);
      }
    }
  }

  @Override
  public void onGoAwayReceived(int lastId, long code, ByteBuf why) {
    leaving = true;
    for (int id : ids()) {
      var exchange = open.get(id);
      if (id > lastId && exchange != null) { // The server promises not to have read them.
        if (exchange.hasHead()) { // Though it answers.
          fail(id, ConnectFailures.reset(true, origin.authority()), false);
        } else {
          refuse(id, ConnectFailures.ended(false, origin.authority()));
        }
      }
    }
    rest();
  }

  /** An exchange whose stream Netty itself has ended: the server broke the protocol. */
  @Override
  public void onStreamClosed(Http2Stream stream) {
    var exchange = open.get(stream.id());
    if (exchange != null && channel.isActive()) {
      fail(stream.id(), ConnectFailures.reset(exchange.hasHead(), origin.authority()), false);
    }
  }

  private void end(int id, HttpHeaders trailers) {
    var exchange = open.remove(id);
    if (exchange == null) {
      return;
    }
    Http2Stream stream = connection.stream(id);
    if (stream != null && stream.state() == Http2Stream.State.OPEN) {
      // The answer is there before the request is: what is left of that is not wanted.
      handler.resetStream(context, id, Http2Error.CANCEL.code(), context.newPromise());
    }
    rest();
    if (exchange.hasHead()) {
      exchange.ended(trailers);
    } else {
      exchange.failed(ConnectFailures.ended(false, origin.authority()), false);
    }
  }

  /** The server has broken the protocol on one stream. */
  private void broken(Http2Exchange exchange, int id) {
    fail(id, ConnectFailures.reset(exchange.hasHead(), origin.authority()), false);
    handler.resetStream(context, id, Http2Error.PROTOCOL_ERROR.code(), context.newPromise());
    handler.flush(context);
  }

  private void fail(int id, Failure failure, boolean unanswered) {
    var exchange = open.remove(id);
    if (exchange != null) {
      rest();
      exchange.failed(failure, unanswered);
    }
  }

  /** The server has not read the request of an exchange. */
  private void refuse(int id, Failure failure) {
    var exchange = open.remove(id);
    if (exchange != null) {
      rest();
      exchange.refused(failure);
    }
  }

  private void failAll() {
    for (int id : ids()) {
      var exchange = open.get(id);
      if (exchange != null) {
        fail(id, failure(exchange), !exchange.hasHead());
      }
    }
  }

  private int[] ids() {
    int[] ids = new int[open.size()];
    int count = 0;
    for (int id : open.keySet()) {
      ids[count++] = id;
    }
    return ids;
  }

  private void touched(Http2Exchange exchange) {
    if (touched.isEmpty() || touched.getLast() != exchange) {
      touched.add(exchange);
    }
  }

  /** {@return the connection's end as the failure of one exchange} */
  private Failure failure(Http2Exchange exchange) {
    Failure known = exchange.hasHead() ? within : before;
    return known == null ? ConnectFailures.ended(exchange.hasHead(), origin.authority()) : known;
  }

  /** What Netty's handler passes on: pauses, errors of the connection, and its end. */
  private final class Rest extends ChannelInboundHandlerAdapter {
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      readAt = pool.now();
      pinged = false;
      for (Http2Exchange exchange : touched) {
        exchange.pause();
      }
      touched.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      if (within == null) {
        within = ConnectFailures.within(thrown);
        before = ConnectFailures.before(thrown, origin.authority());
      }
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      leaving = true;
      pool.ended(Http2Session.this);
      waiting.ended(origin, Http2Session.this);
      failAll();
      settle(null);
    }
  }
}
