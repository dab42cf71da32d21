package dev.holdfast.gateway.server;

import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.HttpName;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.route.ClientProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: requests one after another, each served by an exchange. What a client
 * sends ahead waits, up to a limit. Belongs to its event loop.
 */
public final class ClientConnection extends ChannelInboundHandlerAdapter
    implements Client, GatewayServer.Connection {
  /** Messages of later requests that wait while one is answered. */
  private static final int MAX_AHEAD = 64;

  /** Eight digits of a size and the end of their line. */
  private static final int CHUNK_HEAD = 10;

  private static final int CHUNK_END = 2;
  private static final int CR_LF = '\r' << 8 | '\n';
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** How long a client may take to read a refusal after which it is disconnected. */
  private static final long LINGER_SECONDS = 2;

  private final ServerContext server;
  private final ResponseWriter writer;
  private final ReceiveClock clock;
  private final ArrayDeque<HttpObject> ahead = new ArrayDeque<>(1);
  private @Nullable ChannelHandlerContext context;
  private @Nullable ClientExchange exchange;
  private @Nullable ExchangeRecord record;
  private ClientProtocol front = ClientProtocol.OPENAI;
  private HttpVersion version = HttpVersion.HTTP_1_1;
  private boolean keepAlive;
  private boolean requestOver = true;
  private boolean responseOver = true;
  private boolean begun;
  private boolean closing;
  private boolean wantsReading = true;
  private boolean bodyless;
  private boolean catchingUp;
  private boolean chunked;

  /** Waits for a sign that the client has the response before; null if nothing does. */
  private @Nullable Runnable received;

  /** A connection that was accepted. */
  ClientConnection(ServerContext server, ResponseWriter writer) {
    this.server = server;
    this.writer = writer;
    clock = new ReceiveClock(server.limits(), server.streams().clock(), this::late);
  }

  ReceiveClock clock() {
    return clock;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("connection: must be in a pipeline");
    }
    return context;
  }

  // ---------------------------------------------------------------- requests

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof HttpObject part) || closing) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (!ahead.isEmpty() || (requestOver && !responseOver)) {
      ahead.add(part);
      readOrNot();
      return;
    }
    take(part);
  }

  private void take(HttpObject part) {
    try {
      if (part instanceof HttpRequest request) {
        begin(request);
      }
      if (part instanceof HttpContent content && !closing) {
        content(content);
      }
    } finally {
      ReferenceCountUtil.release(part);
    }
  }

  private void begin(HttpRequest request) {
    received();
    requestOver = false;
    responseOver = false;
    begun = false;
    version = request.protocolVersion();
    keepAlive = HttpUtil.isKeepAlive(request) && !server.draining().getAsBoolean();
    bodyless =
        !HttpUtil.isContentLengthSet(request) && !HttpUtil.isTransferEncodingChunked(request);
    writer.answers(request.method().equals(HttpMethod.HEAD));
    clock.await(ReceiveClock.Awaited.BODY);
    server.metrics().began();
    var created = new ExchangeRecord(server.streams().clock().getAsLong(), server.log());
    created.http(HttpName.of(version));
    record = created;
    var reception = new Reception(server, this, created);
    front = ClientProtocol.OPENAI;
    exchange = reception.exchange(request);
  }

  @Override
  public void front(ClientProtocol front) {
    this.front = front;
  }

  @Override
  public void serve(ClientExchange next) {
    exchange = next;
  }

  private void content(HttpContent content) {
    clock.received(content.content().readableBytes());
    if (content.decoderResult().isFailure()) {
      // A framing doubt: nothing after it is read, and nothing of it reaches an upstream.
      rejected("bad-framing");
      abandon();
      if (begun) {
        abort();
      } else {
        keepAlive = false;
        refuse(Refusal.of(400, "bad-framing", "body: must be framed as RFC 9112 requires"));
      }
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (last) {
      requestOver = true;
      clock.await(ReceiveClock.Awaited.RESPONSE);
    }
    if (exchange != null) {
      exchange.content(content);
    }
    if (last && responseOver) {
      next();
    }
  }

  private void rejected(String code) {
    if (record != null) {
      record.finish(Outcome.REJECTED, code, server.streams().clock().getAsLong());
    }
  }

  private void abandon() {
    var serving = exchange;
    exchange = null;
    if (serving != null) {
      record = null; // The exchange finishes it, at once or once it has run on to its end.
      serving.clientGone();
    }
  }

  /** The exchange is over: the next request may be served. */
  private void next() {
    exchange = null;
    record = null;
    if (!keepAlive) {
      closing = true;
      context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> hangUp());
      return;
    }
    wantsReading = true;
    clock.await(ReceiveClock.Awaited.REQUEST);
    if (catchingUp) {
      return; // The loop below is under way, further out.
    }
    catchingUp = true;
    while (!ahead.isEmpty() && (responseOver || !requestOver) && !closing) {
      take(ahead.remove());
    }
    catchingUp = false;
    readOrNot();
  }

  private void late(ReceiveClock.Awaited awaited) {
    switch (awaited) {
      case REQUEST -> drop();
      case HEAD, BODY -> {
        rejected("request-too-slow");
        abandon();
        if (begun) {
          abort();
        } else {
          keepAlive = false;
          refuse(Refusals.tooSlow());
        }
      }
      case RESPONSE -> {
        abandon();
        abort();
      }
    }
  }

  private void received() {
    var waits = received;
    received = null;
    if (waits != null) {
      waits.run();
    }
  }

  @Override
  public void whenReceived(Runnable action) {
    received = closing ? null : action; // Where the end is ours, it shows nothing.
  }

  @Override
  public boolean isAcknowledged() {
    var there = context;
    return there != null && Acknowledgement.isComplete(there.channel());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    received();
    closing = true;
    ahead.forEach(ReferenceCountUtil::release);
    ahead.clear();
    abandon();
    if (record != null) {
      record.finish(Outcome.CLIENT_GONE, "cancelled", server.streams().clock().getAsLong());
    }
    context.fireChannelInactive();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (requestOver) {
      clock.unread(!context.channel().isWritable());
    }
    if (exchange != null) {
      exchange.writability();
    }
  }

  /** Closes a connection whose client has shown nothing. */
  private void drop() {
    received = null;
    context().close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    received = null;
    context.close(); // A connection that was reset; channelInactive ends its exchange.
  }

  /** Requests that follow are refused, and end it. */
  @Override
  public void drain() {
    // The next request finds out.
  }

  @Override
  public void shutDown() {
    var serving = exchange;
    if (serving != null) {
      keepAlive = false;
      serving.shutDown();
    } else if (context != null) {
      drop();
    }
  }

  @Override
  public boolean isTls() {
    return context().channel().pipeline().get(SslHandler.class) != null;
  }

  /** {@return whether a request is being served} */
  public boolean isBusy() {
    return exchange != null;
  }

  // ---------------------------------------------------------------- responses

  @Override
  public EventLoop loop() {
    return context().channel().eventLoop();
  }

  /** Leaves room for a chunk's size before the bytes, and for its end after them. */
  @Override
  public ByteBuf allocate(int size) {
    return LoopSender.allocate(context().alloc(), CHUNK_HEAD + size + CHUNK_END)
        .setIndex(CHUNK_HEAD, CHUNK_HEAD);
  }

  @Override
  public boolean isWritable() {
    return context().channel().isWritable();
  }

  @Override
  public void reading(boolean on) {
    wantsReading = on;
    clock.heldUp(!on);
    readOrNot();
  }

  private void readOrNot() {
    context().channel().config().setAutoRead(wantsReading && ahead.size() <= MAX_AHEAD);
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    begun = true;
    var response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), headers);
    boolean chunks = version.isKeepAliveDefault();
    chunked = length == UNKNOWN && chunks;
    if (length >= 0) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
    } else if (length == UNKNOWN && chunks) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    } else if (length == UNKNOWN) {
      keepAlive = false; // An HTTP/1.0 client knows the end by the connection's.
    }
    persistence(headers);
    context().write(response, context().voidPromise());
  }

  private void persistence(HttpHeaders headers) {
    if (!requestOver && !bodyless) {
      keepAlive = false; // What is left of the request would be taken for the next one.
    }
    stated(headers);
  }

  /** States whether the connection stays. */
  private void stated(HttpHeaders headers) {
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, "close");
    } else if (!version.isKeepAliveDefault()) {
      headers.set(HttpHeaderNames.CONNECTION, "keep-alive");
    }
  }

  @Override
  public void body(ByteBuf bytes) {
    if (chunked && bytes.readerIndex() >= CHUNK_HEAD && bytes.isReadable()) {
      // As the encoder would, but in the same buffer.
      writer.context().write(framed(bytes), context().voidPromise());
    } else {
      context().write(new DefaultHttpContent(bytes), context().voidPromise());
    }
  }

  /** Puts a chunk's size before the bytes, and its end after them (RFC 9112 section 7.1). */
  private static ByteBuf framed(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int size = bytes.readableBytes();
    bytes.writeShort(CR_LF);
    bytes.setShort(at -= 2, CR_LF);
    for (int left = size; left > 0; left >>>= 4) {
      bytes.setByte(--at, HEX[left & 15]);
    }
    return bytes.readerIndex(at);
  }

  @Override
  public void flush() {
    context().flush();
  }

  @Override
  public void end(HttpHeaders trailers) {
    var last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    if (!trailers.isEmpty()) {
      last.trailingHeaders().set(trailers);
    }
    responseOver = true;
    exchange = null;
    if (!keepAlive || !requestOver) {
      closing = true;
      ahead.forEach(ReferenceCountUtil::release);
      ahead.clear();
      context().writeAndFlush(last).addListener(done -> hangUp());
      return;
    }
    context().writeAndFlush(last, context().voidPromise());
    next();
  }

  /**
   * Ends our side, and the connection once the client has ended its own: bytes that are not read
   * would make the system reset it, and the response could be lost.
   */
  private void hangUp() {
    if (requestOver || !(context().channel() instanceof DuplexChannel channel)) {
      context().close();
      return;
    }
    channel.config().setAutoRead(true);
    var tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      channel.shutdownOutput();
    } else {
      tls.closeOutbound(); // Without it the end would look like an attack.
    }
    var unused =
        context().executor().schedule(() -> context().close(), LINGER_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void abort() {
    responseOver = true;
    exchange = null;
    closing = true;
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void refuse(Refusal refusal) {
    refuse(refusal, new DefaultHttpHeaders());
  }

  /** The connection ends: what follows cannot be trusted. */
  @Override
  public void refuseAndClose(Refusal refusal) {
    keepAlive = false;
    refuse(refusal);
  }

  @Override
  public void refuse(Refusal refusal, HttpHeaders more) {
    begun = true;
    responseOver = true;
    exchange = null;
    byte[] body = refusal.body(front);
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(refusal.status()),
            Unpooled.wrappedBuffer(body));
    HttpHeaders headers = response.headers().set(Refusals.headers(refusal, more));
    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    if (!more.contains(HttpHeaderNames.CONNECTION)) {
      persistence(headers);
    }
    if (!keepAlive) {
      closing = true;
      ahead.forEach(ReferenceCountUtil::release);
      ahead.clear();
      context().writeAndFlush(response).addListener(done -> hangUp());
      return;
    }
    context().writeAndFlush(response, context().voidPromise());
    if (requestOver) {
      next();
    }
  }

  @Override
  public void answer(int status, HttpHeaders headers, byte[] body) {
    begun = true;
    responseOver = true;
    exchange = null;
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
    response.headers().set(headers);
    if (status != 204) {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    }
    stated(response.headers());
    context().writeAndFlush(response, context().voidPromise());
    if (requestOver) {
      next();
    }
  }

  @Override
  public void proceed() {
    context()
        .writeAndFlush(
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER),
            context().voidPromise());
  }
}
