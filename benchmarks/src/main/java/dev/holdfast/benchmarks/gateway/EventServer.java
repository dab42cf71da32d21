package dev.holdfast.benchmarks.gateway;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A cheap upstream in a process of its own. The header {@code x-bench: EVENTS RATE} decides about a
 * response: so many events at once, or with a rate above zero so many a second until the client
 * leaves. Prints its port, and ends with its input. With the folder of a {@link BenchCertificate}
 * as its argument it speaks TLS, and HTTP/2 where the client offers it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails reaches the handlers.
public final class EventServer {
  private static final Pattern BENCH = Pattern.compile("(?i)x-bench: (\\d+) (\\d+)");
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");
  private static final byte[] HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final int BLOCK = 200;

  private final ByteBuf head = Unpooled.directBuffer().writeBytes(HEAD);
  private final Bodies framed = new Bodies(true);
  private final Bodies plain = new Bodies(false);

  private EventServer() {}

  /** Serves until the input ends. */
  public static void main(String[] arguments) throws IOException {
    var server = new EventServer();
    SslContext tls = arguments.length > 0 ? BenchCertificate.server(Path.of(arguments[0])) : null;
    var loops = Loops.group(1);
    Channel listener =
        new ServerBootstrap()
            .group(loops)
            .channel(
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    if (tls == null) {
                      channel.pipeline().addLast(server.new Http1());
                    } else {
                      Http2Way.serve(channel, tls, server.new Http1(), () -> server.new Http2());
                    }
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
    System.out.println(((InetSocketAddress) listener.localAddress()).getPort());
    while (System.in.read() >= 0) {
      // Until the input ends.
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** The events of responses, each an HTTP chunk or as they are. */
  private static final class Bodies {
    final ByteBuf end;
    final ByteBuf block = Unpooled.directBuffer();
    final int[] ends = new int[BLOCK + 1];
    final byte[] event;
    final Map<Integer, Pace> paces = new HashMap<>();

    Bodies(boolean framed) {
      end = Unpooled.directBuffer().writeBytes(framed ? Events.end() : Events.plainEnd());
      var random = new Random(1);
      for (int i = 0; i < BLOCK; i++) {
        block.writeBytes(event(framed, random));
        ends[i + 1] = block.writerIndex();
      }
      event = event(framed, new Random(2));
    }

    private static byte[] event(boolean framed, Random random) {
      return framed ? Events.chunk(random) : Events.plain(random);
    }
  }

  /** Streams of one rate, spread evenly over the time between two events. */
  private static final class Pace {
    private final List<List<Answering>> slots = new ArrayList<>();
    private final byte[] event;
    private final int mark;
    private final long tickNanos;
    private final long startNanos = System.nanoTime();
    private long ticks;
    private int next;

    Pace(EventLoop loop, int rate, byte[] event) {
      this.event = event;
      mark = Events.mark(event);
      int count = 1000 / rate;
      for (int i = 0; i < count; i++) {
        slots.add(new ArrayList<>());
      }
      tickNanos = TimeUnit.SECONDS.toNanos(1) / rate / count;
      loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.MILLISECONDS);
    }

    List<Answering> add(Answering stream) {
      var slot = slots.get(next++ % slots.size());
      slot.add(stream);
      return slot;
    }

    private void tick() {
      long due = (System.nanoTime() - startNanos) / tickNanos;
      if (due - ticks > slots.size()) {
        ticks = due - slots.size(); // A machine that was held up is not flooded afterwards.
      }
      for (; ticks < due; ticks++) {
        for (Answering stream : slots.get((int) (ticks % slots.size()))) {
          Events.stamp(event, mark, System.nanoTime());
          stream.event(event);
        }
      }
    }
  }

  /** What answers requests, one after another. */
  private abstract static class Answering extends ChannelInboundHandlerAdapter {
    private final Bodies bodies;
    private @Nullable ChannelHandlerContext context;
    private @Nullable List<Answering> slot;
    private int left;

    Answering(Bodies bodies) {
      this.bodies = bodies;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      this.context = context;
    }

    abstract Object head();

    abstract Object data(ByteBuf bytes);

    abstract Object end(ByteBuf bytes);

    final void event(byte[] event) {
      var to = context;
      if (to != null) {
        to.writeAndFlush(data(to.alloc().directBuffer(event.length).writeBytes(event)));
      }
    }

    final void answer(ChannelHandlerContext context, int events, int rate) {
      context.write(head());
      if (rate > 0) {
        context.flush();
        slot =
            bodies
                .paces
                .computeIfAbsent(
                    rate, key -> new Pace(context.channel().eventLoop(), key, bodies.event))
                .add(this);
        return;
      }
      left = events;
      more(context);
    }

    private void more(ChannelHandlerContext context) {
      while (left > 0 && context.channel().isWritable()) {
        int count = Math.min(left, BLOCK);
        left -= count;
        context.write(data(bodies.block.retainedSlice(0, bodies.ends[count])));
        if (left == 0) {
          context.write(end(bodies.end.retainedDuplicate()));
        }
      }
      context.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable() && left > 0) {
        more(context);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (slot != null) {
        slot.remove(this);
      }
      left = 0;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }

  /** A connection of HTTP/1.1. */
  private final class Http1 extends Answering {
    private final StringBuilder request = new StringBuilder();

    Http1() {
      super(framed);
    }

    @Override
    Object head() {
      return head.retainedDuplicate();
    }

    @Override
    Object data(ByteBuf bytes) {
      return bytes;
    }

    @Override
    Object end(ByteBuf bytes) {
      return bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var bytes = (ByteBuf) message;
      request.append(bytes.toString(StandardCharsets.ISO_8859_1));
      bytes.release();
      for (int headEnd = request.indexOf("\r\n\r\n");
          headEnd >= 0;
          headEnd = request.indexOf("\r\n\r\n")) {
        String lines = request.substring(0, headEnd);
        Matcher length = LENGTH.matcher(lines);
        int whole = headEnd + 4 + (length.find() ? Integer.parseInt(length.group(1)) : 0);
        if (request.length() < whole) {
          return;
        }
        request.delete(0, whole);
        Matcher asked = BENCH.matcher(lines);
        if (!asked.find()) {
          context.close();
          return;
        }
        answer(context, Integer.parseInt(asked.group(1)), Integer.parseInt(asked.group(2)));
      }
    }
  }

  /** A stream of an HTTP/2 connection. */
  private final class Http2 extends Answering {
    private int events;
    private int rate;

    Http2() {
      super(plain);
    }

    @Override
    Object head() {
      var headers = new DefaultHttp2Headers().status("200");
      headers.set("content-type", "text/event-stream");
      return new DefaultHttp2HeadersFrame(headers);
    }

    @Override
    Object data(ByteBuf bytes) {
      return new DefaultHttp2DataFrame(bytes);
    }

    @Override
    Object end(ByteBuf bytes) {
      return new DefaultHttp2DataFrame(bytes, true);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      boolean last = false;
      if (message instanceof Http2HeadersFrame frame) {
        CharSequence asked = frame.headers().get("x-bench");
        if (asked != null) {
          String[] numbers = asked.toString().split(" ", -1);
          events = Integer.parseInt(numbers[0]);
          rate = Integer.parseInt(numbers[1]);
        }
        last = frame.isEndStream();
      } else if (message instanceof Http2DataFrame frame) {
        last = frame.isEndStream();
      }
      ReferenceCountUtil.release(message);
      if (last) {
        answer(context, events, rate);
      }
    }
  }
}
