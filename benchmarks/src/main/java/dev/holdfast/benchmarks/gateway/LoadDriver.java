package dev.holdfast.benchmarks.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
 *   <li>{@code open PORT CONNECTIONS EVENTS RATE [WAY]}: connects, and asks again after each
 *       response. {@code WAY} is {@code http2:FOLDER}, for streams over TLS that share connections,
 *       with the folder of a {@link BenchCertificate}; or {@code portkey:PORT}, for the headers
 *       that Portkey needs to find the upstream
 *   <li>{@code measure MILLIS}: requests, events, errors, p50 and p99 in microseconds
 *   <li>{@code close}: leaves
 * </ul>
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails reaches the handlers.
final class LoadDriver {
  private static final int MOST_TIMES = 4_000_000;
  private static final int AT_ONCE = 200;
  private static final int MOST_SECONDS = 120;

  /** How many streams share a connection of HTTP/2. */
  private static final int SHARING = 50;

  /** Begins a way. */
  static final String HTTP_2 = "http2:";

  /** Begins a way. */
  static final String PORTKEY = "portkey:";

  private static final String PATH = "/v1/chat/completions";
  private static final String CREDENTIAL = "Bearer key-of-the-bench";
  private static final String BODY =
      "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\","
          + "\"content\":\"Write about the harbour.\"}]}";

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
                    Integer.parseInt(words[4]),
                    words.length > 5 ? words[5] : "");
            case "measure" -> driver.measure(Long.parseLong(words[1]));
            case "close" -> driver.close();
            default -> throw new IllegalArgumentException("command: must be known, was " + line);
          });
    }
    driver.loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private String open(int port, int connections, int count, int rate, String way)
      throws IOException {
    begun.set(0);
    return way.startsWith(HTTP_2)
        ? openHttp2(port, connections, count, rate, Path.of(way.substring(HTTP_2.length())))
        : openHttp1(port, connections, count, rate, way);
  }

  private String openHttp1(int port, int connections, int count, int rate, String way) {
    String more =
        way.startsWith(PORTKEY)
            ? "x-portkey-provider: openai\r\nx-portkey-forward-headers: x-bench\r\n"
                + "x-portkey-custom-host: http://127.0.0.1:"
                + way.substring(PORTKEY.length())
                + "/v1\r\n"
            : "";
    byte[] request =
        ("POST "
                + PATH
                + " HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nContent-Type: application/json\r\nAuthorization: "
                + CREDENTIAL
                + "\r\nx-bench: "
                + count
                + " "
                + rate
                + "\r\n"
                + more
                + "Content-Length: "
                + BODY.length()
                + "\r\n\r\n"
                + BODY)
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuf shared = Unpooled.directBuffer().writeBytes(request);
    var bootstrap = bootstrap().handler(Unused.INSTANCE);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    for (int i = 0; i < connections; i++) {
      open.add(connect(bootstrap.clone().handler(new Client(shared)), port));
      while (i - begun.get() > AT_ONCE && System.nanoTime() < end) {
        LockSupport.parkNanos(200_000);
      }
    }
    return begun(connections, end);
  }

  private String openHttp2(int port, int streams, int count, int rate, Path folder)
      throws IOException {
    var tls = BenchCertificate.client(folder);
    var headers = new DefaultHttp2Headers().method("POST").scheme("https").path(PATH);
    headers.authority("localhost:" + port);
    headers.set("content-type", "application/json").set("authorization", CREDENTIAL);
    headers.set("x-bench", count + " " + rate);
    ByteBuf body = Unpooled.directBuffer().writeBytes(BODY.getBytes(StandardCharsets.US_ASCII));
    var bootstrap = bootstrap();
    for (int left = streams; left > 0; left -= SHARING) {
      int share = Math.min(left, SHARING);
      open.add(
          connect(
              bootstrap
                  .clone()
                  .handler(
                      new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                          Http2Way.ask(
                              channel,
                              tls,
                              connected -> {
                                for (int i = 0; i < share; i++) {
                                  new Asker(connected, headers, body).ask();
                                }
                              });
                        }
                      }),
              port));
    }
    return begun(streams, System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS));
  }

  private Bootstrap bootstrap() {
    return new Bootstrap()
        .group(loops)
        .channel(Loops.socket())
        .option(ChannelOption.TCP_NODELAY, true);
  }

  private static Channel connect(Bootstrap bootstrap, int port) {
    return bootstrap
        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .channel();
  }

  private String begun(int connections, long end) {
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

  /** Counts the events of one stream after another. On the event loop. */
  private final class Counter {
    private boolean first = true;

    void read(ByteBuf bytes) {
      int to = bytes.writerIndex();
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
    }
  }

  /** A connection of HTTP/1.1: a request, its response, and again. */
  private final class Client extends ChannelInboundHandlerAdapter {
    /** "\r\n0\r\n\r\n" as a number: what ends a response. */
    private static final long LAST_CHUNK = 0x0d0a300d0a0d0aL;

    private final ByteBuf request;
    private final Counter counter = new Counter();
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
      counter.read(bytes);
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

  /** Streams of an HTTP/2 connection, one after another. */
  private final class Asker {
    private final Channel connection;
    private final Http2Headers headers;
    private final ByteBuf body;
    private final Counter counter = new Counter();

    Asker(Channel connection, Http2Headers headers, ByteBuf body) {
      this.connection = connection;
      this.headers = headers;
      this.body = body;
    }

    void ask() {
      new Http2StreamChannelBootstrap(connection)
          .handler(new Stream(this))
          .open()
          .addListener(opened -> {
            if (opened.isSuccess()) {
              var stream = (Http2StreamChannel) opened.getNow();
              stream.write(new DefaultHttp2HeadersFrame(headers));
              stream.writeAndFlush(new DefaultHttp2DataFrame(body.retainedDuplicate(), true));
            } else {
              errors++;
            }
          });
    }
  }

  /** One stream. */
  private final class Stream extends ChannelInboundHandlerAdapter {
    private final Asker asker;
    private boolean whole;

    Stream(Asker asker) {
      this.asker = asker;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof Http2HeadersFrame frame) {
          CharSequence status = frame.headers().status();
          errors += status == null || "200".contentEquals(status) ? 0 : 1;
          whole = frame.isEndStream();
        } else if (message instanceof Http2DataFrame frame) {
          asker.counter.read(frame.content());
          whole = frame.isEndStream();
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
      if (whole) {
        requests++;
        asker.ask();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      errors += whole ? 0 : 1;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }
}
