package dev.holdfast.observe.debug;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.recording.Recording;
import dev.holdfast.observe.debug.recording.RecordingWriter;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.RecordingException;
import dev.holdfast.observe.debug.wire.Redaction;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes one exchange and explains it: every event with its time, the verdict by the engine's own
 * rules, and a diagnosis. Reads recordings and the output of {@code curl -i -N} too. One debugger
 * serves one exchange. Thread-safe.
 *
 * <pre>{@code
 * var debugger = StreamDebugger.builder().listener(System.out::println).build();
 * DebugReport report = debugger.debugStream(DebugRequest.of(uri, body, headers));
 * }</pre>
 */
public final class StreamDebugger {
  private static final int BUFFER = 16 << 10;

  private final DebugLimits limits;
  private final @Nullable String dialect;
  private final @Nullable OutputStream recordTo;
  private final SSLSocketFactory tls;
  private final Consumer<DebugEvent.Timed> listener;
  private final Object lock = new Object();

  private Session session;
  private long startNanos = System.nanoTime();
  private boolean used;
  private @Nullable Wire wire;
  private @Nullable InputStream reading;
  private @Nullable RecordingWriter recorder;
  private boolean cancelled;

  private StreamDebugger(Builder builder) {
    this.limits = builder.limits;
    this.dialect = builder.dialect;
    this.recordTo = builder.recordTo;
    this.tls = builder.tls;
    this.listener = builder.listener;
    this.session = newSession(Redactor.SHAPES);
  }

  /** {@return a builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * {@return whether a file begins as a recording does}
   *
   * @throws IOException if it cannot be read
   */
  public static boolean isRecording(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Recording.isRecording(in.readNBytes(64));
    }
  }

  private Session newSession(Redactor redactor) {
    return new Session(dialect, limits, redactor, listener::accept);
  }

  /**
   * {@return the report on an exchange} Blocks until it has ended: at the end of the body, at a
   * clock, at a limit, or at {@link #cancel}. Every behaviour of the other side ends in a report.
   *
   * @throws IllegalStateException if this debugger was used before
   * @throws UncheckedIOException if the recording cannot be written
   */
  public DebugReport debugStream(DebugRequest request) {
    Wire opened;
    synchronized (lock) {
      use();
      var redactor = Redaction.of(request);
      session = newSession(redactor);
      record(r -> r.start(HttpDecoder.Input.SOCKET, true, System.currentTimeMillis()), redactor);
      opened = new Wire(request, limits.timeouts().connect(), tls);
      wire = opened;
      session.target(request);
    }
    if (cancelled) {
      opened.close();
    }
    opened.run(new FromWire(request));
    return finish();
  }

  /**
   * {@return the report on what another client received: a body, or a head and a body without
   * chunked encoding, as {@code curl -i -N} writes them} The first bytes decide between them.
   *
   * @param live whether the bytes come as they came from the wire, so that their times count
   * @throws IOException if the input cannot be read
   */
  public DebugReport debugOutput(InputStream in, boolean live) throws IOException {
    synchronized (lock) {
      use();
      reading = in;
    }
    byte[] buffer = new byte[BUFFER];
    long asked = System.nanoTime();
    int count = firstBytes(in, buffer);
    var input = startsWithHttp(buffer, count) ? HttpDecoder.Input.UNFRAMED : HttpDecoder.Input.BODY;
    synchronized (lock) {
      session.begin(input, live);
      record(r -> r.start(input, live, System.currentTimeMillis()), Redactor.SHAPES);
    }
    while (count >= 0) {
      long took = System.nanoTime() - asked;
      synchronized (lock) {
        arrived(buffer, count, took);
        if (session.isDone() || cancelled) {
          break;
        }
      }
      asked = System.nanoTime();
      count = read(in, buffer);
    }
    synchronized (lock) {
      if (cancelled) {
        session.end(WireEnd.CANCELLED, "ended by the user", now());
      } else if (session.isDone()) {
        session.end(session.doneEnd(), limitDetail(), now());
      } else {
        session.fin(now());
      }
    }
    return finish();
  }

  /** Enough to distinguish a head from a body, though it may come byte by byte. */
  private int firstBytes(InputStream in, byte[] buffer) throws IOException {
    int count = 0;
    while (count < 5) {
      int more = in.read(buffer, count, buffer.length - count);
      if (more < 0) {
        return count == 0 ? -1 : count;
      }
      count += more;
    }
    return count;
  }

  private int read(InputStream in, byte[] buffer) throws IOException {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      if (cancelled) {
        return -1; // The user closed it under our hands.
      }
      throw e;
    }
  }

  private static boolean startsWithHttp(byte[] bytes, int count) {
    return count >= 5 && new String(bytes, 0, 5, StandardCharsets.US_ASCII).equals("HTTP/");
  }

  /**
   * {@return the report on a recording, under the times that it has}
   *
   * @throws IOException if the input cannot be read
   * @throws RecordingException if it is no recording
   */
  public DebugReport debugRecording(InputStream in) throws IOException {
    synchronized (lock) {
      use();
    }
    var recording = new Recording(in);
    long epochMillis = 0;
    long last = 0;
    for (var entry = recording.next(); entry != null; entry = recording.next()) {
      synchronized (lock) {
        switch (entry) {
          case Recording.Entry.Start start -> {
            session.begin(start.input(), start.timed());
            epochMillis = start.epochMillis();
          }
          case Recording.Entry.Request r -> {
            last = r.atNanos();
            session.requestSent(r.target(), r.method(), r.headers(), last);
          }
          case Recording.Entry.Connected c -> session.connected(c.event(), c.atNanos());
          case Recording.Entry.Bytes b -> {
            last = b.atNanos();
            session.bytes(b.bytes(), b.tookNanos(), last, epochMillis + last / 1_000_000);
          }
          case Recording.Entry.End e ->
              session.ended(e.how(), e.trouble(), e.clock(), e.detail(), e.atNanos());
        }
      }
      if (cancelled) {
        break;
      }
    }
    synchronized (lock) {
      // A recording that was cut off does not contain the end of the wire.
      session.end(cancelled ? WireEnd.CANCELLED : WireEnd.UNKNOWN, "", last);
    }
    return finish();
  }

  /** Puts something of the caller's own into the timeline, at the present time. */
  public void logEvent(String type, String data) {
    synchronized (lock) {
      session.note(type, data, used ? now() : 0);
    }
  }

  /** {@return what is known now; also before an exchange, and while one is under way} */
  public DebugReport generateReport() {
    synchronized (lock) {
      return session.report();
    }
  }

  /** Ends the exchange under way, or the next one. Does not block; the report follows. */
  public void cancel() {
    Wire open;
    InputStream in;
    synchronized (lock) {
      cancelled = true;
      open = wire;
      in = reading;
    }
    if (open != null) {
      open.close();
    }
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        // Then reading it ends some other way.
      }
    }
  }

  private void use() {
    if (used) {
      throw new IllegalStateException("debugger: must be used once, was used before");
    }
    used = true;
    startNanos = System.nanoTime();
  }

  private long now() {
    return System.nanoTime() - startNanos;
  }

  private DebugReport finish() {
    synchronized (lock) {
      record(
          r ->
              r.end(
                  session.end(),
                  session.connectTrouble(),
                  session.clock(),
                  session.detail(),
                  now()),
          Redactor.SHAPES);
      return session.report();
    }
  }

  private void arrived(byte[] buffer, int count, long took) {
    long at = now();
    record(r -> r.bytes(buffer, count, took, at), Redactor.SHAPES);
    session.bytes(ByteBuffer.wrap(buffer, 0, count), took, at, System.currentTimeMillis());
  }

  private String limitDetail() {
    return session.doneEnd() == WireEnd.LIMIT ? session.limit() : "";
  }

  private interface Entry {
    void write(RecordingWriter writer) throws IOException;
  }

  /** Writes to the recording, if there is one; the first call opens it. */
  private void record(Entry entry, Redactor redactor) {
    if (recordTo == null) {
      return;
    }
    try {
      var writer = recorder;
      if (writer == null) {
        writer = new RecordingWriter(recordTo, redactor);
        recorder = writer;
      }
      entry.write(writer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class FromWire implements Wire.Receiver {
    private final DebugRequest request;

    FromWire(DebugRequest request) {
      this.request = request;
    }

    @Override
    public void connected(DebugEvent.Connected event) {
      synchronized (lock) {
        record(r -> r.connected(event, now()), Redactor.SHAPES);
        session.connected(event, now());
      }
    }

    @Override
    public void noConnection(ConnectTrouble trouble, String detail) {
      synchronized (lock) {
        session.noConnection(trouble, detail, now());
      }
    }

    @Override
    public void requestSent() {
      synchronized (lock) {
        long at = now();
        var redacted = request.headers().stream().map(Redaction::request).toList();
        record(
            r -> r.request(ObservedExchange.Target.of(request), request.method(), redacted, at),
            Redactor.SHAPES);
        session.requestSent(request, at);
      }
    }

    @Override
    public boolean bytes(byte[] buffer, int length, long readNanos) {
      synchronized (lock) {
        arrived(buffer, length, readNanos);
        if (!session.isDone()) {
          return true;
        }
        session.end(session.doneEnd(), limitDetail(), now());
        return false;
      }
    }

    @Override
    public long patienceNanos() {
      synchronized (lock) {
        long deadline = session.deadline();
        return deadline == Long.MAX_VALUE ? Long.MAX_VALUE : deadline - now();
      }
    }

    @Override
    public void timedOut() {
      synchronized (lock) {
        session.timedOut(now());
      }
    }

    @Override
    public void fin(String detail) {
      synchronized (lock) {
        session.fin(now());
      }
    }

    @Override
    public void reset(String detail) {
      synchronized (lock) {
        session.end(WireEnd.RESET, detail, now());
      }
    }

    @Override
    public void cancelled() {
      synchronized (lock) {
        session.end(WireEnd.CANCELLED, "ended by the user", now());
      }
    }
  }

  /** Collects settings. */
  public static final class Builder {
    private DebugLimits limits = DebugLimits.DEFAULT;
    private @Nullable String dialect;
    private @Nullable OutputStream recordTo;
    private SSLSocketFactory tls = (SSLSocketFactory) SSLSocketFactory.getDefault();
    private Consumer<DebugEvent.Timed> listener = event -> {};

    private Builder() {}

    /** Sets when the debugger has seen enough. */
    public Builder limits(DebugLimits limits) {
      this.limits = limits;
      return this;
    }

    /** Sets the protocol's id; without it the bytes decide. */
    public Builder dialect(String id) {
      this.dialect = id;
      return this;
    }

    /** Keeps the exchange as a recording; closing the stream is the caller's business. */
    public Builder recordTo(OutputStream out) {
      this.recordTo = out;
      return this;
    }

    /** Sets what makes TLS connections. */
    public Builder tls(SSLSocketFactory factory) {
      this.tls = factory;
      return this;
    }

    /**
     * Sets the listener that receives each event at once, on the debugger's thread; must not block.
     */
    public Builder listener(Consumer<DebugEvent.Timed> listener) {
      this.listener = listener;
      return this;
    }

    /**
     * {@return a debugger of one exchange}
     *
     * @throws IllegalArgumentException if the protocol is none that Holdfast reads
     */
    public StreamDebugger build() {
      return new StreamDebugger(this);
    }
  }
}
