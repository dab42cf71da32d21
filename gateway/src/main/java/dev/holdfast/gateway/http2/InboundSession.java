package dev.holdfast.gateway.http2;

import dev.holdfast.gateway.config.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client that speaks HTTP/2 (RFC 9113) and carries many requests. Each has
 * windows of its own, so that one which nothing reads holds back no other. Belongs to its event
 * loop.
 */
public final class InboundSession extends Http2EventAdapter {
  /** What a client may send ahead of the reader of a request's body. */
  private static final int WINDOW_BYTES = 256 << 10;

  /** What is remembered of the fields that were sent, however much the client allows. */
  private static final int MAX_TABLE_BYTES = 4 << 10;

  /** Resets in 30 s, of either side, before the connection ends: what Node allows. */
  private static final int MAX_RESETS = 1000;

  private static final int RESET_SECONDS = 30;

  /** Empty frames of data in a row. */
  private static final int MAX_EMPTY_FRAMES = 8;

  /** How long what was written may take to leave when the connection ends. */
  private static final long LAST_MILLIS = 2_000;

  /** How long the client may take to notice the end, and to end its own side. */
  private static final long END_MILLIS = 500;

  private static final long TICK_MILLIS = 250;

  /** What serves the requests of a connection. */
  public interface Requests {
    /** {@return whether one more request is taken; else it is refused, unread} */
    boolean hasRoom();

    /** {@return what serves a request that begins} */
    InboundStream.Listener begin(InboundStream stream);

    /** Nothing of a request's stream is left. */
    void ended(InboundStream.Listener listener);
  }

  private final Channel channel;
  private final Limits limits;
  private final LongSupplier clock;
  private final Requests requests;
  private final FloodGuard guard;
  private final DefaultHttp2Connection connection;
  private final Http2ConnectionHandler handler;
  private final ChannelHandlerContext context;
  private final IntObjectMap<InboundStream> open = new IntObjectHashMap<>();
  private final @Nullable Future<?> ticks;
  private final long madeAt;
  private long idleSince;
  private boolean begun;
  private boolean leaving;

  /** Speaks HTTP/2 on a channel that has no other handler of HTTP. */
  public InboundSession(Channel channel, Limits limits, LongSupplier clock, Requests requests) {
    this.channel = channel;
    this.limits = limits;
    this.clock = clock;
    this.requests = requests;
    guard = new FloodGuard(clock);
    madeAt = clock.getAsLong();
    idleSince = madeAt;
    connection = new DefaultHttp2Connection(true);
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    connection
        .remote()
        .flowController(
            new DefaultHttp2RemoteFlowController(
                connection, new UniformStreamByteDistributor(connection)));
    connection.addListener(this);
    handler =
        new Http2ConnectionHandlerBuilder()
            .connection(connection)
            .frameListener(this)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(limits.streams())
                    .initialWindowSize(WINDOW_BYTES)
                    .maxHeaderListSize(limits.headBytes()))
            .gracefulShutdownTimeoutMillis(LAST_MILLIS)
            .decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_FRAMES)
            .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESET_SECONDS)
            .encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESET_SECONDS)
            .build();
    connection.remote().flowController().listener(this::writability);
    allowStreams();
    channel.pipeline().addLast(new Wire()).addLast(handler).addLast(new Rest());
    context = channel.pipeline().context(handler);
    long tick = Math.clamp(shortestMillis(limits) / 4, TICK_MILLIS, 5_000);
    ticks =
        channel.eventLoop().scheduleWithFixedDelay(this::tick, tick, tick, TimeUnit.MILLISECONDS);
  }

  /**
   * Streams beyond the limit are refused here: Netty would take what follows of them for an error
   * of the connection.
   */
  private void allowStreams() {
    connection.remote().maxActiveStreams(2 * limits.streams() + 100);
  }

  private static long shortestMillis(Limits limits) {
    return Math.min(
        Math.min(limits.headTime().toMillis(), limits.bodyTime().toMillis()),
        Math.min(limits.idleTime().toMillis(), limits.readTime().toMillis()));
  }

  // ---------------------------------------------------------------- its life

  /** {@return its event loop} */
  public EventLoop loop() {
    return channel.eventLoop();
  }

  /** {@return the connection that carries it} */
  public Channel channel() {
    return channel;
  }

  long now() {
    return clock.getAsLong();
  }

  /** Takes no further request; those that are open may end. */
  public void leave() {
    if (leaving) {
      return;
    }
    leaving = true;
    handler.goAway(
        context,
        connection.remote().lastStreamCreated(),
        Http2Error.NO_ERROR.code(),
        Unpooled.EMPTY_BUFFER,
        context.newPromise());
    handler.flush(context);
    closeIfDone();
  }

  private void closeIfDone() {
    if (leaving && open.isEmpty()) {
      channel.close();
    }
  }

  private void tick() {
    long now = now();
    boolean preface = !begun && now - madeAt > limits.headTime().toNanos();
    if (preface || (open.isEmpty() && now - idleSince > limits.idleTime().toNanos())) {
      leave();
      channel.close();
      return;
    }
    for (var stream : streams()) {
      stream.tick(now, limits.bodyTime(), limits.readTime());
    }
  }

  private List<InboundStream> streams() {
    return new ArrayList<>(open.values());
  }

  private void stopTicks() {
    if (ticks != null) {
      boolean unused = ticks.cancel(false);
    }
  }

  // ---------------------------------------------------------------- what streams write

  ChannelPromise promise() {
    return context.newPromise();
  }

  void headers(int id, Http2Headers headers, boolean last, ChannelPromise promise) {
    handler.encoder().writeHeaders(context, id, headers, 0, last, promise);
  }

  void data(int id, ByteBuf bytes, boolean last, ChannelPromise promise) {
    guard.sent();
    handler.encoder().writeData(context, id, bytes, 0, last, promise);
  }

  void flush() {
    handler.flush(context);
  }

  void reset(int id, Http2Error error) {
    if (connection.stream(id) == null) {
      return; // It is closed.
    }
    handler.resetStream(context, id, error.code(), context.newPromise());
    handler.flush(context);
  }

  boolean isWritable(int id) {
    Http2Stream stream = connection.stream(id);
    return channel.isActive()
        && stream != null
        && connection.remote().flowController().isWritable(stream);
  }

  /** So many bytes of a body were taken: the client may send as many more. */
  void consumed(int id, int bytes) {
    Http2Stream stream = connection.stream(id);
    if (stream == null) {
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

  private void writability(Http2Stream stream) {
    var there = open.get(stream.id());
    if (there != null) {
      there.writability();
    }
  }

  // ---------------------------------------------------------------- what clients send

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
    var known = open.get(id);
    if (known != null) {
      known.trailers(headers);
      return;
    }
    headers.forEach(field -> guard.useful(field.getKey().length() + field.getValue().length()));
    if (leaving || open.size() >= limits.streams() || !requests.hasRoom()) {
      reset(id, Http2Error.REFUSED_STREAM);
      return;
    }
    var stream = new InboundStream(this, id);
    open.put(id, stream);
    stream.listener(requests.begin(stream));
    stream.begin(InboundMessages.request(headers, ends), ends);
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean ends)
      throws Http2Exception {
    if (!data.isReadable() && !ends) {
      guard.idleFrame();
    }
    guard.useful(data.readableBytes());
    var stream = open.get(id);
    return padding + (stream == null ? data.readableBytes() : stream.content(data, ends));
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    begun = true;
    guard.idleFrame();
    var table = handler.encoder().configuration().headersConfiguration();
    if (table.maxHeaderTableSize() > MAX_TABLE_BYTES) {
      table.maxHeaderTableSize(MAX_TABLE_BYTES);
    }
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext context) {
    allowStreams();
  }

  @Override
  public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
    guard.idleFrame();
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext context, int id, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    guard.idleFrame();
  }

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext context, byte type, int id, Http2Flags flags, ByteBuf payload)
      throws Http2Exception {
    guard.idleFrame();
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext context, int id, int increment)
      throws Http2Exception {
    guard.window();
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    var closed = open.remove(stream.id());
    if (closed == null) {
      return;
    }
    closed(closed);
    if (open.isEmpty()) {
      idleSince = now();
      closeIfDone();
    }
  }

  private void closed(InboundStream stream) {
    stream.closed();
    requests.ended(stream.listener());
  }

  /**
   * Between the wire and Netty's handler. The last frame must reach a client that still sends:
   * bytes that are not read would make the system reset the connection.
   */
  private final class Wire extends ChannelDuplexHandler {
    private boolean ending;

    @Override
    public void channelRead(ChannelHandlerContext wire, Object message) {
      if (ending || !(message instanceof ByteBuf bytes)) {
        ReferenceCountUtil.release(message);
        return;
      }
      try {
        guard.arrived(bytes.readableBytes());
      } catch (Http2Exception e) {
        bytes.release();
        handler.onError(context, false, e);
        return;
      }
      wire.fireChannelRead(bytes);
    }

    @Override
    public void close(ChannelHandlerContext wire, ChannelPromise promise) {
      if (!channel.isActive()) {
        wire.close(promise);
        return;
      }
      if (ending) {
        // Netty closes twice, of which the second close comes as soon as the last frame is written.
        channel.closeFuture().addListener(closed -> promise.trySuccess());
        return;
      }
      ending = true;
      wire.flush();
      var tls = channel.pipeline().get(SslHandler.class);
      if (tls != null) {
        tls.closeOutbound();
      }
      channel.config().setAutoRead(true);
      wire.executor().schedule(() -> wire.close(promise), END_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** What Netty's handler passes on: errors of the connection, and its end. */
  private final class Rest extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close(); // A connection that was reset; channelInactive ends its streams.
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      leaving = true;
      stopTicks();
      var left = streams();
      open.clear();
      left.forEach(InboundSession.this::closed);
      context.fireChannelInactive();
    }
  }
}
