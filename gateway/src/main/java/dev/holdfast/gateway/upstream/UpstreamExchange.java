package dev.holdfast.gateway.upstream;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 exchange with an upstream, on a connection of its own. Belongs to one event loop; no
 * method blocks, and none calls the listener back before it returns.
 */
public final class UpstreamExchange extends ChannelInboundHandlerAdapter {
  private static final int FIRST_FINAL_STATUS = 200;
  private static final int SWITCHING_PROTOCOLS = 101;

  private final UpstreamConfig upstream;
  private final UpstreamRequest request;
  private final UpstreamListener listener;
  private @Nullable Channel channel;
  private boolean reading = true;
  private boolean headArrived;
  private boolean interim;
  private boolean over;
  private @Nullable Failure broken;

  UpstreamExchange(UpstreamConfig upstream, UpstreamRequest request, UpstreamListener listener) {
    this.upstream = upstream;
    this.request = request;
    this.listener = listener;
  }

  /** Closes the connection, if it is still open or being made. Nothing is reported afterwards. */
  public void close() {
    over = true;
    if (channel != null) {
      channel.close();
    }
  }

  /** Stops or resumes reading the response, and with it, through TCP, the upstream. */
  public void reading(boolean on) {
    reading = on;
    if (channel != null) {
      channel.config().setAutoRead(on);
    }
  }

  /** Sends a piece of the request's body, and releases it. */
  public void send(ByteBuf bytes) {
    if (channel == null || over) {
      bytes.release();
      return;
    }
    channel.writeAndFlush(new DefaultHttpContent(bytes), channel.voidPromise());
  }

  /** Ends the request's body. */
  public void sendEnd(HttpHeaders trailers) {
    if (channel != null && !over) {
      var last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
      last.trailingHeaders().add(trailers);
      channel.writeAndFlush(last, channel.voidPromise());
    }
  }

  /** {@return whether more of the request's body may be sent now} */
  public boolean isWritable() {
    return channel != null && channel.isActive() && channel.isWritable();
  }

  /** {@return whether it was closed, or has ended} */
  boolean isOver() {
    return over;
  }

  /** The connection is being made. */
  void connecting(Channel channel) {
    this.channel = channel;
    channel.config().setAutoRead(reading);
    if (over) {
      channel.close();
    }
  }

  /** The connection cannot be made. */
  void neverConnected(Throwable thrown) {
    fail(ConnectFailures.before(thrown, upstream.authority()));
  }

  /** The connection is there; its TLS handshake, if it has one, is over. */
  void connected(Channel channel) {
    if (over) {
      channel.close();
      return;
    }
    ChannelFuture unused = channel.writeAndFlush(message());
    listener.sendable();
  }

  private Object message() {
    HttpHeaders headers = request.headers().copy();
    headers.set(HttpHeaderNames.HOST, upstream.authority());
    headers.set(HttpHeaderNames.CONNECTION, "close");
    byte[] body = request.body();
    if (body != null) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
      var full =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1,
              request.method(),
              request.target(),
              Unpooled.wrappedBuffer(body));
      full.headers().set(headers);
      return full;
    }
    if (request.length() == UpstreamRequest.NONE) {
      var full =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1, request.method(), request.target(), Unpooled.EMPTY_BUFFER);
      full.headers().set(headers);
      return full;
    }
    if (request.length() == UpstreamRequest.CHUNKED) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    } else {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, request.length());
    }
    var head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, request.method(), request.target());
    head.headers().set(headers);
    return head;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!over) {
        read(message);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void read(Object message) {
    if (message instanceof HttpResponse head) {
      if (head.decoderResult().isFailure() || head.status().code() == SWITCHING_PROTOCOLS) {
        fail(
            Failure.retryable(
                Cause.CONNECTION_FAILED, upstream.authority() + ": the response is not HTTP"));
        return;
      }
      int status = head.status().code();
      interim = status < FIRST_FINAL_STATUS;
      if (!interim) {
        headArrived = true;
        listener.head(head);
      }
    }
    if (message instanceof HttpContent content && !over) {
      if (content.decoderResult().isFailure()) {
        fail(Failure.retryable(Cause.CONNECTION_LOST, "the chunked encoding is broken"));
        return;
      }
      if (content.content().isReadable()) {
        listener.content(content.content());
      }
      if (message instanceof LastHttpContent last && !over) {
        if (interim) {
          interim = false;
        } else if (broken != null) {
          fail(broken); // A body that only the end of its connection ends.
        } else {
          over = true;
          listener.ended(last.trailingHeaders());
          close();
        }
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!over) {
      listener.pause();
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!over) {
      listener.sendable();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    if (broken == null) {
      broken =
          headArrived
              ? ConnectFailures.within(thrown)
              : ConnectFailures.before(thrown, upstream.authority());
    }
    context.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Failure known = broken;
    if (known == null) {
      known =
          headArrived
              ? Failure.retryable(
                  Cause.CONNECTION_LOST, "the connection ended before the end of the body")
              : Failure.retryable(
                  Cause.CONNECTION_FAILED,
                  upstream.authority() + ": the connection ended before a response came");
    }
    fail(known);
  }

  private void fail(Failure failure) {
    if (!over) {
      close();
      listener.failed(failure);
    }
  }
}
