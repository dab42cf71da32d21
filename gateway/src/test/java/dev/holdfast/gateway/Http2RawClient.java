package dev.holdfast.gateway;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 client that sends exactly these frames, right or wrong, and keeps what comes back. */
final class Http2RawClient implements Closeable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  private static final int ACK = 1;
  private static final byte[] NOTHING = {};

  private final SSLSocket socket;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Stream> streams = new TreeMap<>();
  private boolean givesWindows = true;
  private int goAway = -1;
  private boolean closed;

  /** What came on one stream. */
  private static final class Stream {
    private final Map<String, String> head = new TreeMap<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean ended;
    private int reset = -1;
  }

  /** Connects, and sends the preface. */
  Http2RawClient(TestCertificate certificate, int port) throws IOException {
    this(certificate, port, NOTHING);
  }

  /** Connects, and sends the preface with settings. */
  Http2RawClient(TestCertificate certificate, int port, byte[] settings) throws IOException {
    socket = connected(certificate, port, "h2");
    write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, settings);
    Thread.ofVirtual().start(this::readAll);
  }

  static SSLSocket connected(TestCertificate certificate, int port, String... protocols)
      throws IOException {
    var made = (SSLSocket) certificate.clients().getSocketFactory().createSocket("localhost", port);
    var parameters = made.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    made.setSSLParameters(parameters);
    made.startHandshake();
    made.setSoTimeout(60_000);
    return made;
  }

  // ---------------------------------------------------------------- what is sent

  private void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    write(framed(type, flags, stream, payload));
  }

  static byte[] framed(int type, int flags, int stream, byte[] payload) {
    var frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    return frame.array();
  }

  /** Sends many frames at once, until the server ends the connection. */
  void flood(int count, byte[] frames) {
    try {
      for (int i = 0; i < count && isOpen(); i++) {
        write(frames);
      }
    } catch (IOException e) {
      // It has ended.
    }
  }

  /** {@return a head's fields as they are sent, in this order: name, content, and so on} */
  byte[] block(String... fields) throws Http2Exception {
    var headers = new DefaultHttp2Headers(false);
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    var block = Unpooled.buffer();
    encoder.encodeHeaders(1, headers, block);
    byte[] bytes = new byte[block.readableBytes()];
    block.readBytes(bytes);
    return bytes;
  }

  /** Sends a request's head, with the pseudo fields of a usual one before its fields. */
  void request(int stream, String method, String path, boolean ends, String... fields)
      throws IOException, Http2Exception {
    String[] all = new String[8 + fields.length];
    String[] first = {
      ":method", method, ":scheme", "https", ":authority", "localhost", ":path", path
    };
    System.arraycopy(first, 0, all, 0, 8);
    System.arraycopy(fields, 0, all, 8, fields.length);
    frame(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, block(all));
  }

  /** Sends a chat. */
  void chat(int stream, String body) throws IOException, Http2Exception {
    request(stream, "POST", "/v1/chat/completions", false, "content-type", "application/json");
    data(stream, body, true);
  }

  void data(int stream, String text, boolean ends) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    frame(DATA, ends ? END_STREAM : 0, stream, bytes);
  }

  void reset(int stream, int code) throws IOException {
    frame(RST_STREAM, 0, stream, number(code));
  }

  static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  static byte[] setting(int name, int content) {
    return ByteBuffer.allocate(6).putShort((short) name).putInt(content).array();
  }

  /** Gives windows back, or does not: then the server may send what the first windows allow. */
  void givesWindows(boolean on) {
    lock.lock();
    try {
      givesWindows = on;
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- what came

  private void readAll() {
    try {
      var in = new DataInputStream(socket.getInputStream());
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
    } catch (IOException | Http2Exception e) {
      // The server has left.
    }
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void read(int type, int flags, int id, byte[] payload)
      throws IOException, Http2Exception {
    boolean returns = false;
    lock.lock();
    try {
      var stream = id == 0 ? null : streams.computeIfAbsent(id, key -> new Stream());
      switch (type) {
        case HEADERS -> fields(stream, payload);
        case DATA -> {
          stream(stream).body.writeBytes(payload);
          returns = givesWindows && payload.length > 0;
        }
        case RST_STREAM -> {
          int code = ByteBuffer.wrap(payload).getInt();
          // What follows a reset answers what was still on its way.
          stream(stream).reset = stream(stream).reset < 0 ? code : stream(stream).reset;
        }
        case GOAWAY -> goAway = ByteBuffer.wrap(payload).getInt(4);
        default -> {} // Settings, pings and windows.
      }
      if ((type == HEADERS || type == DATA) && (flags & END_STREAM) != 0) {
        stream(stream).ended = true;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (returns) {
      frame(WINDOW_UPDATE, 0, 0, number(payload.length));
      if ((flags & END_STREAM) == 0) {
        frame(WINDOW_UPDATE, 0, id, number(payload.length));
      }
    }
    if (type == SETTINGS && (flags & ACK) == 0) {
      frame(SETTINGS, ACK, 0, NOTHING);
    }
  }

  private static Stream stream(@Nullable Stream stream) throws IOException {
    if (stream == null) {
      throw new IOException("frame: must be one of a stream");
    }
    return stream;
  }

  private void fields(@Nullable Stream stream, byte[] payload) throws IOException, Http2Exception {
    Http2Headers headers = decoder.decodeHeaders(1, Unpooled.wrappedBuffer(payload));
    headers.forEach(field -> {
      if (stream != null) {
        stream.head.put(field.getKey().toString(), field.getValue().toString());
      }
    });
  }

  /** What is waited for. */
  private interface Awaited {
    boolean isThere();
  }

  private boolean await(Awaited condition) throws InterruptedException {
    lock.lock();
    try {
      while (!condition.isThere() && !closed) {
        changed.await();
      }
      return condition.isThere();
    } finally {
      lock.unlock();
    }
  }

  private Stream of(int id) {
    return streams.computeIfAbsent(id, key -> new Stream());
  }

  /** {@return the status of a response, once its head is there; 0 if none came} */
  int awaitStatus(int id) throws InterruptedException {
    boolean there = await(() -> of(id).head.containsKey(":status") || of(id).reset >= 0);
    String status = there ? header(id, ":status") : "";
    return status.isEmpty() ? 0 : Integer.parseInt(status);
  }

  /** {@return whether a stream ends whole} Waits until it does, or is reset. */
  boolean awaitWhole(int id) throws InterruptedException {
    boolean unused = await(() -> of(id).ended || of(id).reset >= 0);
    lock.lock();
    try {
      return of(id).ended;
    } finally {
      lock.unlock();
    }
  }

  /** {@return with what a stream is reset; -1 if the connection ends before} */
  int awaitReset(int id) throws InterruptedException {
    return await(() -> of(id).reset >= 0) ? of(id).reset : -1;
  }

  /** Waits until the body of a response contains a text. */
  boolean awaitText(int id, String text) throws InterruptedException {
    return await(() -> of(id).body.toString(StandardCharsets.UTF_8).contains(text));
  }

  /** {@return the code of the server's GOAWAY; -1 if the connection ends without} */
  int awaitGoAway() throws InterruptedException {
    return await(() -> goAway >= 0) ? goAway : -1;
  }

  /** Waits until the server has ended the connection. */
  void awaitClosed() throws InterruptedException {
    boolean unused = await(() -> closed);
  }

  /** {@return whether the server has neither ended the connection nor announced it} */
  boolean isOpen() {
    lock.lock();
    try {
      return !closed && goAway < 0;
    } finally {
      lock.unlock();
    }
  }

  String header(int id, String name) {
    lock.lock();
    try {
      return of(id).head.getOrDefault(name, "");
    } finally {
      lock.unlock();
    }
  }

  byte[] body(int id) {
    lock.lock();
    try {
      return of(id).body.toByteArray();
    } finally {
      lock.unlock();
    }
  }

  String text(int id) {
    return new String(body(id), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
