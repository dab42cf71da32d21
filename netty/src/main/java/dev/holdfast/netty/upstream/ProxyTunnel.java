package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks an HTTP proxy for a tunnel (RFC 9110 section 9.3.6), and leaves once there is one. */
final class ProxyTunnel extends ChannelInboundHandlerAdapter implements ResponseDecoder.Sink {
  private final Origin origin;
  private final ProxyAddress proxy;
  private final ResponseDecoder decoder = new ResponseDecoder(this);
  private @Nullable Consumer<@Nullable Failure> result;
  private int status;
  private @Nullable Failure broken;

  /**
   * A request for a tunnel.
   *
   * @param result called once, with null if the tunnel is there
   */
  ProxyTunnel(Origin origin, ProxyAddress proxy, Consumer<@Nullable Failure> result) {
    this.origin = origin;
    this.proxy = proxy;
    this.result = result;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    var asked = new StringBuilder();
    asked.append("CONNECT ").append(origin.hostAndPort()).append(" HTTP/1.1\r\n");
    asked.append("Host: ").append(origin.hostAndPort()).append("\r\n");
    if (proxy.authorization() != null) {
      asked.append("Proxy-Authorization: ").append(proxy.authorization()).append("\r\n");
    }
    asked.append("\r\n");
    decoder.begin(true); // A tunnel's response has no body.
    context.writeAndFlush(ByteBufUtil.writeAscii(context.alloc(), asked), context.voidPromise());
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof ByteBuf bytes) {
        decoder.read(bytes, Unpooled.EMPTY_BUFFER);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
    if (broken != null) {
      end(context, broken);
    } else if (status >= 200 && status < 300) {
      context.pipeline().remove(this);
      end(context, null);
    } else if (status != 0) {
      end(context, ConnectFailures.noTunnel(status, origin.authority()));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(context, ConnectFailures.ended(false, origin.authority()));
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    end(context, ConnectFailures.before(thrown, origin.authority()));
  }

  private void end(ChannelHandlerContext context, @Nullable Failure failure) {
    var ends = result;
    if (ends != null) {
      result = null;
      if (failure != null) {
        context.close();
      }
      ends.accept(failure);
    }
  }

  @Override
  public void head(HttpResponse head) {
    status = head.status().code();
  }

  @Override
  public void body(ByteBuf bytes) {
    throw new IllegalStateException("body: must be empty");
  }

  @Override
  public void end(HttpHeaders trailers) {
    // Its head is what matters.
  }

  @Override
  public void broken(String why) {
    broken = ConnectFailures.brokenTunnel(why, origin.authority());
  }

  @Override
  public boolean isOver() {
    return false;
  }
}
