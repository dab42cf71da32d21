package dev.holdfast.benchmarks.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Readers of a gateway's journal whose connections are all cut at once: how long until each one
 * reads on, behind its {@code Last-Event-ID}. Each first event must be the next one of its stream.
 * Exit code 1 if the last reader needs more than ten seconds, or one misses or repeats an event.
 *
 * <p>Arguments, all optional, as {@code name=number}: {@code readers}, {@code streams}, {@code
 * rate} of events a second of a stream, {@code loops} of the gateway.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails reaches the handlers.
public final class ReaderStorm implements AutoCloseable {
  private static final double GOAL_SECONDS = 10;
  private static final int AT_ONCE = 500;
  private static final Pattern STREAM = Pattern.compile("(?i)holdfast-stream-id: ([0-9a-f]{32})");
  private static final Pattern ID = Pattern.compile("\nid: (\\w+_(\\d{16}))\n");

  private final EventLoopGroup loops = Loops.group(1);
  private final Path journal = Files.createTempDirectory("holdfast-storm");
  private final Child upstream;
  private final Child gateway;
  private final int port;
  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger wrong = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  private ReaderStorm(int gatewayLoops) throws IOException {
    String classes = System.getProperty("java.class.path");
    var small = List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
    upstream = Child.start("upstream", Child.java(classes, EventServer.class, small));
    gateway =
        GatewayProcess.start(
            GatewayBenchmark.SMALL_HEAP,
            Integer.parseInt(upstream.line()),
            gatewayLoops,
            List.of(GatewayProcess.JOURNAL + journal));
    port = Integer.parseInt(gateway.line());
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    var settings = GatewayBenchmark.settings(arguments);
    boolean met;
    try (var storm = new ReaderStorm(number(settings, "loops", 1))) {
      met =
          storm.run(
              number(settings, "readers", 10_000),
              number(settings, "streams", 100),
              number(settings, "rate", 5));
    }
    System.exit(met ? 0 : 1);
  }

  private static int number(Map<String, String> settings, String name, int otherwise) {
    return Integer.parseInt(settings.getOrDefault(name, Integer.toString(otherwise)));
  }

  private boolean run(int count, int streams, int rate) throws IOException {
    var ids = new ArrayList<String>();
    for (int i = 0; i < streams; i++) {
      ids.add(begin(rate));
    }
    var readers = new ArrayList<Reader>();
    for (int i = 0; i < count; i++) {
      readers.add(new Reader(ids.get(i % streams)));
    }
    double opened = connect(readers);
    double cpu = Child.cpuSeconds(gateway.pid());
    readers.forEach(Reader::cut);
    double back = connect(readers);
    cpu = Child.cpuSeconds(gateway.pid()) - cpu;
    double[] times = readers.stream().mapToDouble(reader -> reader.backSeconds).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "%d readers of %d streams, %d events/s each: read first after %.1f s; cut at once, all read"
            + " on after %.1f s (p50 %.2f s, p99 %.2f s), goal %.0f s; gateway %.1f s CPU, %d MiB;"
            + " %d refused, %d events missed or repeated%n",
        count,
        streams,
        rate,
        opened,
        back,
        times[count / 2],
        times[count * 99 / 100],
        GOAL_SECONDS,
        cpu,
        Child.residentKib(gateway.pid()) / 1024,
        refused.get(),
        wrong.get());
    return reading.get() == count && back <= GOAL_SECONDS && wrong.get() == 0;
  }

  /** {@return seconds until all of them read} Gives up after a minute. */
  private double connect(List<Reader> readers) {
    reading.set(0);
    long start = System.nanoTime();
    long end = start + TimeUnit.MINUTES.toNanos(1);
    for (int i = 0; i < readers.size(); i++) {
      readers.get(i).connect(start);
      while (i - reading.get() > AT_ONCE && System.nanoTime() < end) {
        LockSupport.parkNanos(200_000);
      }
    }
    while (reading.get() < readers.size() && System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private Bootstrap bootstrap(ChannelInboundHandlerAdapter handler) {
    return new Bootstrap()
        .group(loops)
        .channel(Loops.socket())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(handler);
  }

  private Channel dial(ChannelInboundHandlerAdapter handler) {
    return bootstrap(handler)
        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .channel();
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  /** {@return the id of a new stream, of which the client keeps reading} */
  private String begin(int rate) throws IOException {
    String body =
        "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\","
            + "\"content\":\"Write about the harbour.\"}]}";
    var asking =
        new Asking(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nContent-Type: application/json\r\nIdempotency-Key: "
                + System.nanoTime()
                + "\r\nx-bench: 0 "
                + rate
                + "\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
    dial(asking);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (System.nanoTime() < end) {
      Matcher id = STREAM.matcher(asking.head);
      if (id.find()) {
        return id.group(1);
      }
      LockSupport.parkNanos(200_000);
    }
    throw new IOException("gateway: must begin a stream, did not");
  }

  /** The client that asks for a stream. */
  private static final class Asking extends ChannelInboundHandlerAdapter {
    private final String request;
    private volatile String head = "";

    Asking(String request) {
      this.request = request;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(ascii(request));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var bytes = (ByteBuf) message;
      if (head.isEmpty()) {
        head = bytes.toString(StandardCharsets.ISO_8859_1);
      }
      bytes.release();
    }
  }

  /**
   * One reader, over two connections. Its fields belong to the event loop while it is connected.
   */
  private final class Reader {
    private final String stream;
    private String lastId = "";
    private long sequence;
    private @Nullable Channel channel;
    private volatile double backSeconds;

    Reader(String stream) {
      this.stream = stream;
    }

    void connect(long startNanos) {
      channel = dial(new Reading(this, startNanos));
    }

    void cut() {
      var open = channel;
      if (open != null) {
        open.close();
      }
    }
  }

  /** One connection of a reader. */
  private final class Reading extends ChannelInboundHandlerAdapter {
    private final Reader reader;
    private final long startNanos;
    private final StringBuilder text = new StringBuilder();
    private boolean reads;

    Reading(Reader reader, long startNanos) {
      this.reader = reader;
      this.startNanos = startNanos;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      String last = reader.lastId.isEmpty() ? "" : "\r\nLast-Event-ID: " + reader.lastId;
      context.writeAndFlush(
          ascii(
              "GET /v1/streams/"
                  + reader.stream
                  + " HTTP/1.1\r\nHost: 127.0.0.1:"
                  + port
                  + last
                  + "\r\n\r\n"));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var bytes = (ByteBuf) message;
      text.append(bytes.toString(StandardCharsets.ISO_8859_1));
      bytes.release();
      if (!reads && text.indexOf("HTTP/1.1 ") == 0 && text.indexOf("HTTP/1.1 200") != 0) {
        refused.incrementAndGet();
      }
      Matcher id = ID.matcher(text);
      int end = 0;
      while (id.find()) {
        long next = Long.parseLong(id.group(2));
        if (reader.sequence != 0 && next != reader.sequence + 1) {
          wrong.incrementAndGet();
        }
        reader.sequence = next;
        reader.lastId = id.group(1);
        end = id.end() - 1;
        if (!reads) {
          reads = true;
          reader.backSeconds = (System.nanoTime() - startNanos) / 1e9;
          reading.incrementAndGet();
        }
      }
      text.delete(0, end);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }

  @Override
  public void close() throws IOException {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    gateway.close();
    upstream.close();
    Folders.delete(journal);
  }
}
