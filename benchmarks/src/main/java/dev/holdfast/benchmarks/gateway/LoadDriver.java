package dev.holdfast.benchmarks.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients in a process of their own, all on one event loop. Commands are lines of the input, each
 * answered by one line; it ends with its input.
 *
 * <ul>
 *   <li>{@code open PORT CONNECTIONS EVENTS RATE}: connects, and asks again after each response
 *   <li>{@code measure MILLIS}: requests, events, errors, p50 and p99 in microseconds
 *   <li>{@code close}: leaves
 * </ul>
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails reaches the handlers.
final class LoadDriver {
  private static final int MOST_TIMES = 4_000_000;
  private static final int AT_ONCE = 200;
  private static final int MOST_SECONDS = 120;

  private final EventLoopGroup loops = Loops.group(1);
  private final List<Channel> open = new ArrayList<>();
  private final AtomicInteger begun = new AtomicInteger();

  // Belong to the event loop.
  private final long[] times = new long[MOST_TIMES];
  private int timed;
  private long requests;
  private long events;
  private long errors;

  private LoadDriver() {}

  /** Serves commands until the input ends. */
  public static void main(String[] arguments) throws IOException {
    var driver = new LoadDriver();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      System.out.println(
          switch (words[0]) {
            case "open" ->
                driver.open(
                    Integer.parseInt(words[1]),
                    Integer.parseInt(words[2]),
                    Integer.parseInt(words[3]),
                    Integer.parseInt(words[4]));
            case "measure" -> driver.measure(Long.parseLong(words[1]));
            case "close" -> driver.close();
            default -> throw new IllegalArgumentException("command: must be known, was " + line);
          });
    }
    driver.loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private String open(int port, int connections, int count, int rate) {
    String body =
        "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\","
            + "\"content\":\"Write about the harbour.\"}]}";
    byte[] request =
        ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nContent-Type: application/json\r\nAuthorization: Bearer key-of-the-bench\r\n"
                + "x-bench: "
                + count
                + " "
                + rate
                + "\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuf shared = Unpooled.directBuffer().writeBytes(request);
    begun.set(0);
    var bootstrap =
        new Bootstrap()
            .group(loops)
            .channel(Loops.socket())
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(Unused.INSTANCE);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    for (int i = 0; i < connections; i++) {
      var client = new Client(shared);
      open.add(
          bootstrap
              .clone()
              .handler(client)
              .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .channel());
      while (i - begun.get() > AT_ONCE && System.nanoTime() < end) {
        LockSupport.parkNanos(200_000);
      }
    }
    while (begun.get() < connections && System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
    return "open " + begun.get();
  }

  private String measure(long millis) {
    loops.submit(this::clear).syncUninterruptibly();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
      LockSupport.parkNanos(left * 1_000_000);
    }
    return loops.submit(this::report).syncUninterruptibly().getNow();
  }

  private void clear() {
    timed = 0;
    requests = 0;
    events = 0;
    errors = 0;
  }

  private String report() {
    long[] sorted = Arrays.copyOf(times, timed);
    Arrays.sort(sorted);
    return requests + " " + events + " " + errors + " " + at(sorted, 0.5) + " " + at(sorted, 0.99);
  }

  private static double at(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * share)] / 1e3;
  }

  private String close() {
    open.forEach(channel -> channel.close().awaitUninterruptibly());
    open.clear();
    return "closed";
  }

  /** Only there because a bootstrap must have a handler. */
  @io.netty.channel.ChannelHandler.Sharable
  private static final class Unused extends ChannelInboundHandlerAdapter {
    static final Unused INSTANCE = new Unused();
  }

  /** One connection: a request, its response, and again. */
  private final class Client extends ChannelInboundHandlerAdapter {
    /** "\r\n0\r\n\r\n" as a number: what ends a response. */
    private static final long LAST_CHUNK = 0x0d0a300d0a0d0aL;

    private final ByteBuf request;
    private boolean first = true;
    private boolean inHead = true;
    private long tail;

    Client(ByteBuf request) {
      this.request = request;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(request.retainedDuplicate());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var bytes = (ByteBuf) message;
      try {
        read(context, bytes);
      } finally {
        bytes.release();
      }
    }

    private void read(ChannelHandlerContext context, ByteBuf bytes) {
      int to = bytes.writerIndex();
      if (inHead) {
        inHead = false;
        if (!bytes.toString(StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 200")) {
          errors++;
        }
      }
      for (int at = bytes.indexOf(bytes.readerIndex(), to, Events.MARK);
          at >= 0;
          at = bytes.indexOf(at + 1, to, Events.MARK)) {
        events++;
        if (first) {
          first = false;
          begun.incrementAndGet();
        }
        long sent = Events.time(bytes, at);
        if (sent > 0 && timed < MOST_TIMES) {
          times[timed++] = System.nanoTime() - sent;
        }
      }
      for (int i = Math.max(bytes.readerIndex(), to - 7); i < to; i++) {
        tail = (tail << 8 | bytes.getByte(i)) & 0xffffffffffffffL;
      }
      if (tail == LAST_CHUNK) {
        tail = 0;
        inHead = true;
        requests++;
        context.writeAndFlush(request.retainedDuplicate());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      errors++;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }
}
