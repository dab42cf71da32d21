package dev.holdfast.testkit.transport;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * HTTP/2 (RFC 9113) on a connection of a {@link WireServer}, frame by frame. It keeps to the
 * client's windows, takes bodies of requests, and does not read their heads. Thread-safe.
 */
public final class Http2Wire {
  /** {@code NO_ERROR}. */
  public static final int NO_ERROR = 0;

  /** {@code INTERNAL_ERROR}. */
  public static final int INTERNAL_ERROR = 2;

  /** {@code REFUSED_STREAM}: the server has not read the request. */
  public static final int REFUSED_STREAM = 7;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PREFACE_BYTES = 24;
  private static final int MAX_FRAME = 16384;
  private static final long PATIENCE_SECONDS = 100;

  /** {@code :status: 200} and {@code content-type: text/event-stream}, without compression. */
  private static final byte[] HEAD = head();

  /**
   * A request.
   *
   * @param stream the number of its stream
   * @param body its body as text
   */
  public record Request(int stream, String body) {
    /** {@return its stream; the body may be long} */
    @Override
    public String toString() {
      return "Request[stream=%d]".formatted(stream);
    }
  }

  private final WireConnection connection;
  private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final Map<Integer, ByteArrayOutputStream> bodies = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Long> windows = new HashMap<>();
  private final Map<Integer, Integer> resets = new HashMap<>();
  private final ReentrantLock writing = new ReentrantLock();
  private long firstWindow = 65_535;
  private long wholeWindow = 65_535;
  private boolean closed;
  private final Map<Integer, Integer> unreturned = new HashMap<>();
  private boolean holding;
  private int pings;

  private Http2Wire(WireConnection connection) {
    this.connection = connection;
  }

  /**
   * {@return HTTP/2 on a connection}
   *
   * @param maxStreams how many the client may open at once
   */
  public static Http2Wire on(WireConnection connection, int maxStreams) throws IOException {
    var wire = new Http2Wire(connection);
    byte[] unused = connection.in().readNBytes(PREFACE_BYTES);
    wire.frame(
        SETTINGS, 0, 0, ByteBuffer.allocate(6).putShort((short) 3).putInt(maxStreams).array());
    Thread.ofVirtual().name("wire-http2").start(wire::readAll);
    return wire;
  }

  // ---------------------------------------------------------------- what the script asks for

  /** {@return the next request whose body has ended} */
  public Request request() throws IOException, InterruptedException {
    Request next = requests.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null || next.stream() == 0) {
      throw new IOException("request: must come, did not");
    }
    return next;
  }

  /** Sends a head: status 200. */
  public void head(int stream) throws IOException {
    frame(HEADERS, END_HEADERS, stream, HEAD);
  }

  /**
   * Sends a head, or trailers where the status is empty.
   *
   * @param ends whether the stream ends with it
   * @param fields names and contents in turn, each shorter than 127 bytes
   */
  public void head(int stream, String status, boolean ends, String... fields) throws IOException {
    var block = new ByteArrayOutputStream();
    if (!status.isEmpty()) {
      literal(block, ":status", status);
    }
    for (int i = 0; i < fields.length; i += 2) {
      literal(block, fields[i], fields[i + 1]);
    }
    frame(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, block.toByteArray());
  }

  /** Sends a frame without body bytes that does not end the body. */
  public void nothing(int stream) throws IOException {
    frame(DATA, 0, stream, new byte[0]);
  }

  /** Sends body bytes, as far as the client lets it: waits for windows. */
  public void data(int stream, String text) throws IOException, InterruptedException {
    data(stream, text.getBytes(StandardCharsets.ISO_8859_1), () -> {});
  }

  /**
   * Sends body bytes, and waits for windows.
   *
   * @param onWait called each time before it waits
   */
  public void data(int stream, byte[] bytes, Runnable onWait)
      throws IOException, InterruptedException {
    for (int from = 0; from < bytes.length; ) {
      int count = granted(stream, Math.min(MAX_FRAME, bytes.length - from), onWait);
      byte[] part = new byte[count];
      System.arraycopy(bytes, from, part, 0, count);
      frame(DATA, 0, stream, part);
      from += count;
    }
  }

  /** Ends a body. */
  public void end(int stream) throws IOException {
    frame(DATA, END_STREAM, stream, new byte[0]);
  }

  /** Ends one stream. */
  public void resetStream(int stream, int code) throws IOException {
    frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(code).array());
  }

  /** Announces that streams after {@code last} were not read, and that no new ones are. */
  public void goAway(int last, int code) throws IOException {
    frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(last).putInt(code).array());
  }

  /** Waits until the client ends a stream or the connection, and reports it. */
  public void awaitReset(int stream) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && !resets.containsKey(stream)) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
    connection.server().sawClose().countDown();
  }

  /** Waits until the client ends the connection. */
  public void awaitClosed() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the client has asked so many times whether the connection lives. */
  public void awaitPings(int count) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && pings < count) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives no window back for bodies of requests, or gives back what was held. */
  public void hold(boolean on) throws IOException {
    Map<Integer, Integer> held = Map.of();
    lock.lock();
    try {
      holding = on;
      if (!on) {
        held = Map.copyOf(unreturned);
        unreturned.clear();
      }
    } finally {
      lock.unlock();
    }
    for (var part : held.entrySet()) {
      giveBack(part.getKey(), part.getValue());
    }
  }

  // ---------------------------------------------------------------- frames

  private int granted(int stream, int wanted, Runnable onWait)
      throws IOException, InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (closed || resets.containsKey(stream)) {
          throw new IOException("stream: must be open, was ended by the client");
        }
        long window = windows.getOrDefault(stream, firstWindow);
        int count = (int) Math.min(wanted, Math.min(window, wholeWindow));
        if (count > 0) {
          windows.put(stream, window - count);
          wholeWindow -= count;
          return count;
        }
        onWait.run();
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    var frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    writing.lock();
    try {
      connection.send(frame.array());
    } finally {
      writing.unlock();
    }
  }

  private void readAll() {
    try {
      var in = new DataInputStream(connection.in());
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt() & 0x7fff_ffff;
        byte[] payload = in.readNBytes(length);
        if (payload.length < length) {
          break;
        }
        read(type, flags, stream, payload);
      }
    } catch (IOException e) {
      // The client has left.
    }
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    requests.add(new Request(0, ""));
  }

  private void read(int type, int flags, int stream, byte[] payload) throws IOException {
    switch (type) {
      case HEADERS -> ended(flags, stream);
      case DATA -> {
        int count = payload.length;
        bodies.computeIfAbsent(stream, key -> new ByteArrayOutputStream()).write(payload, 0, count);
        if (count > 0 && !isHeld(stream, count)) {
          giveBack((flags & END_STREAM) == 0 ? stream : 0, count);
        }
        ended(flags, stream);
      }
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          settings(ByteBuffer.wrap(payload));
          frame(SETTINGS, ACK, 0, new byte[0]);
        }
      }
      case PING -> {
        if ((flags & ACK) == 0) {
          frame(PING, ACK, 0, payload);
          pinged();
        }
      }
      case WINDOW_UPDATE -> more(stream, ByteBuffer.wrap(payload).getInt());
      case RST_STREAM -> reset(stream, ByteBuffer.wrap(payload).getInt());
      default -> {} // Priorities, and what an extension brings.
    }
  }

  private boolean isHeld(int stream, int count) {
    lock.lock();
    try {
      if (holding) {
        unreturned.merge(stream, count, Integer::sum);
      }
      return holding;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back the window of the connection, and that of a stream whose number is not 0. */
  private void giveBack(int stream, int count) throws IOException {
    byte[] more = ByteBuffer.allocate(4).putInt(count).array();
    frame(WINDOW_UPDATE, 0, 0, more);
    if (stream != 0) {
      frame(WINDOW_UPDATE, 0, stream, more);
    }
  }

  private void ended(int flags, int stream) {
    if ((flags & END_STREAM) != 0) {
      var body = bodies.remove(stream);
      requests.add(new Request(stream, body == null ? "" : body.toString(StandardCharsets.UTF_8)));
    }
  }

  private void settings(ByteBuffer payload) {
    lock.lock();
    try {
      while (payload.remaining() >= 6) {
        int name = payload.getShort();
        int setting = payload.getInt();
        if (name == 4) {
          long more = setting - firstWindow;
          windows.replaceAll((stream, window) -> window + more);
          firstWindow = setting;
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void more(int stream, int count) {
    lock.lock();
    try {
      if (stream == 0) {
        wholeWindow += count;
      } else {
        windows.put(stream, windows.getOrDefault(stream, firstWindow) + count);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pinged() {
    lock.lock();
    try {
      pings++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void reset(int stream, int code) {
    lock.lock();
    try {
      resets.put(stream, code);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** HPACK (RFC 7541): a field that is not indexed, without compression. */
  private static void literal(ByteArrayOutputStream block, String name, String content) {
    block.write(0);
    for (String part : new String[] {name, content}) {
      byte[] bytes = part.getBytes(StandardCharsets.US_ASCII);
      block.write(bytes.length);
      block.writeBytes(bytes);
    }
  }

  /** HPACK (RFC 7541): an indexed field, and one whose name is indexed, both without a table. */
  private static byte[] head() {
    var block = new ByteArrayOutputStream();
    block.write(0x88); // Index 8: status 200.
    block.write(0x0f); // Not indexed; the name is number 31, content-type.
    block.write(31 - 15);
    byte[] type = "text/event-stream".getBytes(StandardCharsets.US_ASCII);
    block.write(type.length);
    block.writeBytes(type);
    return block.toByteArray();
  }
}
