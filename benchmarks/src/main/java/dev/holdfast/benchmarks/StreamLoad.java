package dev.holdfast.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * Asks a server for short streams as fast as it answers: one thread, connections that are kept, one
 * request under way on each. Every answer is read to its end and checked, so that a server cannot
 * win by saying less. It does no more than that, to cost little beside what it measures.
 */
final class StreamLoad {
  private static final int LARGEST = 64 << 10;
  private static final byte[] STATUS = ascii("HTTP/1.1 200 ");
  private static final byte[] LAST_EVENT = ascii("data: [DONE]\n\n\r\n0\r\n\r\n");
  private static final byte[] LAST_CHUNK = ascii("\r\n0\r\n\r\n");

  private final InetSocketAddress to;
  private final ByteBuffer request;
  private final int events;

  /**
   * A load of one kind of request.
   *
   * @param request a whole request of HTTP/1.1 that asks for a stream of OpenAI Chat
   * @param events how many events each answer must have, {@code [DONE]} included
   */
  StreamLoad(InetSocketAddress to, byte[] request, int events) {
    this.to = to;
    this.request = ByteBuffer.allocateDirect(request.length).put(request).flip();
    this.events = events;
  }

  /**
   * What a run brought.
   *
   * @param streams whole answers
   * @param bytes of all of them, heads and framing included
   * @param seconds how long it ran
   * @param cpuSeconds of this thread
   */
  record Run(long streams, long bytes, double seconds, double cpuSeconds) {
    double perSecond() {
      return streams / seconds;
    }
  }

  /** One connection and the answer that is coming in on it. */
  private static final class Line {
    private final SocketChannel channel;
    private final byte[] answer = new byte[LARGEST];
    private final ByteBuffer room = ByteBuffer.wrap(answer);
    private boolean served;

    Line(SocketChannel channel) {
      this.channel = channel;
    }
  }

  /**
   * Runs for a while, and until every connection has had an answer.
   *
   * @throws IllegalStateException if an answer is not what it must be
   */
  Run run(int connections, Duration length) throws IOException {
    try (var selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        var channel = SocketChannel.open(to);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Line(channel));
        ask(channel);
      }
      var threads = ManagementFactory.getThreadMXBean();
      long cpu = threads.getCurrentThreadCpuTime();
      long begin = System.nanoTime();
      long end = begin + length.toNanos();
      int waiting = connections;
      long streams = 0;
      long bytes = 0;
      while (waiting > 0 || System.nanoTime() < end) {
        selector.select(100);
        for (SelectionKey key : selector.selectedKeys()) {
          Line line = (Line) key.attachment();
          int whole = read(line);
          if (whole > 0) {
            streams++;
            bytes += whole;
            waiting -= line.served ? 0 : 1;
            line.served = true;
            ask(line.channel);
          }
        }
        selector.selectedKeys().clear();
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      double used = (threads.getCurrentThreadCpuTime() - cpu) / 1e9;
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      return new Run(streams, bytes, seconds, used);
    }
  }

  private void ask(SocketChannel channel) throws IOException {
    ByteBuffer whole = request.duplicate();
    while (whole.hasRemaining()) {
      channel.write(whole); // A few hundred bytes on an idle connection: it takes them at once.
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** {@return how long the answer was that is whole now; 0 if it is not} */
  private int read(Line line) throws IOException {
    if (line.channel.read(line.room) < 0) {
      throw new IllegalStateException("server: must keep its connections, closed one");
    }
    int length = line.room.position();
    if (!endsWith(line.answer, length, LAST_CHUNK)) {
      if (!line.room.hasRemaining()) {
        throw new IllegalStateException("answer: must be smaller, was over " + LARGEST + " bytes");
      }
      return 0;
    }
    int seen = events(line.answer, length);
    if (seen != events
        || !Arrays.equals(line.answer, 0, STATUS.length, STATUS, 0, STATUS.length)
        || !endsWith(line.answer, length, LAST_EVENT)) {
      throw new IllegalStateException(
          "answer: must be 200 with %d events and [DONE], was %d events in %d bytes"
              .formatted(events, seen, length));
    }
    line.room.clear();
    return length;
  }

  /** Every event ends with an empty line, and nothing else does. */
  private static int events(byte[] answer, int length) {
    int events = 0;
    for (int i = 1; i < length; i++) {
      if (answer[i] == '\n' && answer[i - 1] == '\n') {
        events++;
      }
    }
    return events;
  }

  private static boolean endsWith(byte[] answer, int length, byte[] end) {
    int from = length - end.length;
    return from >= 0 && Arrays.equals(answer, from, length, end, 0, end.length);
  }
}
