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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
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
 * leaves. Prints its port, and ends with its input.
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
  private final ByteBuf end = Unpooled.directBuffer().writeBytes(Events.end());
  private final ByteBuf block = Unpooled.directBuffer();
  private final int[] ends = new int[BLOCK + 1];
  private final Map<Integer, Pace> paces = new HashMap<>();

  private EventServer() {
    var random = new Random(1);
    for (int i = 0; i < BLOCK; i++) {
      block.writeBytes(Events.chunk(random));
      ends[i + 1] = block.writerIndex();
    }
  }

  /** Serves until the input ends. */
  public static void main(String[] arguments) throws IOException {
    var server = new EventServer();
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
                    channel.pipeline().addLast(server.new Connection());
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

  /** Streams of one rate, spread evenly over the time between two events. */
  private static final class Pace {
    private final List<List<Channel>> slots = new ArrayList<>();
    private final byte[] chunk = Events.chunk(new Random(2));
    private final int mark = Events.mark(chunk);
    private final long tickNanos;
    private final long startNanos = System.nanoTime();
    private long ticks;
    private int next;

    Pace(EventLoop loop, int rate) {
      int count = 1000 / rate;
      for (int i = 0; i < count; i++) {
        slots.add(new ArrayList<>());
      }
      tickNanos = TimeUnit.SECONDS.toNanos(1) / rate / count;
      loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.MILLISECONDS);
    }

    List<Channel> add(Channel channel) {
      var slot = slots.get(next++ % slots.size());
      slot.add(channel);
      return slot;
    }

    private void tick() {
      long due = (System.nanoTime() - startNanos) / tickNanos;
      if (due - ticks > slots.size()) {
        ticks = due - slots.size(); // A machine that was held up is not flooded afterwards.
      }
      for (; ticks < due; ticks++) {
        for (Channel channel : slots.get((int) (ticks % slots.size()))) {
          Events.stamp(chunk, mark, System.nanoTime());
          var unused =
              channel.writeAndFlush(channel.alloc().directBuffer(chunk.length).writeBytes(chunk));
        }
      }
    }
  }

  /** Requests one after another. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    private final StringBuilder request = new StringBuilder();
    private @Nullable List<Channel> slot;
    private int left;

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

    private void answer(ChannelHandlerContext context, int events, int rate) {
      context.write(head.retainedDuplicate());
      if (rate > 0) {
        context.flush();
        slot =
            paces
                .computeIfAbsent(rate, key -> new Pace(context.channel().eventLoop(), key))
                .add(context.channel());
        return;
      }
      left = events;
      more(context);
    }

    private void more(ChannelHandlerContext context) {
      while (left > 0 && context.channel().isWritable()) {
        int count = Math.min(left, BLOCK);
        left -= count;
        context.write(block.retainedSlice(0, ends[count]));
        if (left == 0) {
          context.write(end.retainedDuplicate());
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
        slot.remove(context.channel());
      }
      left = 0;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }
}
