package dev.holdfast.benchmarks.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection that asks for a stream of Chat, reads all of it, and asks again. It connects anew
 * where it was disconnected.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails reaches the handlers.
final class AskingClient extends SimpleChannelInboundHandler<HttpObject> {
  /** What a client asks, and what becomes of it. On the client's event loop. */
  interface Load {
    /** {@return the headers of the next request} */
    Map<String, String> headers();

    /** {@return the prompt of the next request} */
    String prompt();

    /** {@return milliseconds until the next request; negative for no other} */
    long answered(Answer answer);
  }

  /**
   * One response.
   *
   * @param status 0 if there was none
   * @param whole whether its framing ended
   * @param firstNanos from the request to the first event with text; -1 for none
   */
  record Answer(int status, String body, boolean whole, long firstNanos) {}

  private static final String TEXT = "\"content\":\"";

  private final EventLoopGroup loop;
  private final int port;
  private final Load load;
  private final StringBuilder body = new StringBuilder();
  private @Nullable Channel channel;
  private int status;
  private long askedNanos;
  private long firstNanos = -1;
  private boolean asked;

  private AskingClient(EventLoopGroup loop, int port, Load load) {
    this.loop = loop;
    this.port = port;
    this.load = load;
  }

  /** Connects and asks, on an event loop of the group. */
  static void start(EventLoopGroup loop, int port, Load load) {
    var client = new AskingClient(loop, port, load);
    new Bootstrap()
        .group(loop)
        .channel(Loops.socket())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new HttpClientCodec()).addLast(client);
              }
            })
        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .addListener(connected -> {
          if (!connected.isSuccess()) {
            client.over(new Answer(0, "", false, -1));
          }
        });
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    channel = context.channel();
    ask(context.channel());
  }

  private void ask(Channel to) {
    body.setLength(0);
    status = 0;
    firstNanos = -1;
    asked = true;
    byte[] json =
        ("{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                + "\"content\":\""
                + load.prompt()
                + "\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            "/v1/chat/completions",
            Unpooled.wrappedBuffer(json));
    request
        .headers()
        .set("host", "127.0.0.1:" + port)
        .set("content-type", "application/json")
        .set("content-length", json.length);
    load.headers().forEach((name, value) -> request.headers().set(name, value));
    askedNanos = System.nanoTime();
    to.writeAndFlush(request);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
    if (part instanceof HttpResponse response) {
      status = response.status().code();
    }
    if (part instanceof HttpContent content) {
      body.append(content.content().toString(StandardCharsets.UTF_8));
      if (firstNanos < 0 && body.indexOf(TEXT) >= 0) {
        firstNanos = System.nanoTime() - askedNanos;
      }
      if (part instanceof LastHttpContent) {
        asked = false;
        over(new Answer(status, body.toString(), true, firstNanos));
      }
    }
  }

  private void over(Answer answer) {
    long wait = load.answered(answer);
    if (wait >= 0) {
      loop.schedule(this::again, wait, TimeUnit.MILLISECONDS);
    } else if (channel != null) {
      channel.close();
    }
  }

  private void again() {
    var open = channel;
    if (open != null && open.isActive()) {
      ask(open);
    } else {
      start(loop, port, load);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (asked) {
      asked = false;
      over(new Answer(status, body.toString(), false, firstNanos));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    context.close();
  }
}
