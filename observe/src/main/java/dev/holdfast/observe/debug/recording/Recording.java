package dev.holdfast.observe.debug.recording;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.RecordingException;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a recording: JSON lines, described in {@code docs/recording-format.md}. One line is held at
 * a time, of at most 8 MiB, so that a recording of any length can be read.
 */
public final class Recording {
  /** The version that this class reads and {@link RecordingWriter} writes. */
  static final int VERSION = 1;

  private static final int MAX_LINE = 8 << 20;

  /** A line. Times are nanoseconds since the debugger began. */
  public sealed interface Entry {
    /** The first line. */
    record Start(HttpDecoder.Input input, boolean timed, long epochMillis) implements Entry {}

    /** The request, without what is secret. */
    record Request(
        long atNanos, ObservedExchange.Target target, String method, List<HeaderLine> headers)
        implements Entry {}

    /** The connection. */
    record Connected(long atNanos, DebugEvent.Connected event) implements Entry {}

    /** What one read gave. */
    record Bytes(long atNanos, long tookNanos, ByteBuffer bytes) implements Entry {}

    /** The last line. */
    record End(
        long atNanos, WireEnd how, ConnectTrouble trouble, @Nullable Cause clock, String detail)
        implements Entry {}
  }

  private final InputStream in;
  private long line;

  /** A reader; closing the stream is the caller's business. */
  public Recording(InputStream in) {
    this.in = new BufferedInputStream(in);
  }

  /** {@return whether a file that begins so is a recording} */
  public static boolean isRecording(byte[] start) {
    return new String(start, StandardCharsets.UTF_8).stripLeading().startsWith("{\"holdfast\":");
  }

  /**
   * {@return the next entry, or null at the end} Lines of events that this version does not know
   * are passed over.
   *
   * @throws RecordingException if a line is not what it must be
   */
  @Nullable public Entry next() throws IOException {
    for (String text = readLine(); text != null; text = readLine()) {
      if (!text.isBlank()) {
        var entry = entry(text);
        if (entry != null) {
          return entry;
        }
      }
    }
    return null;
  }

  private @Nullable String readLine() throws IOException {
    var bytes = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    line++;
    while (next >= 0 && next != '\n') {
      if (bytes.size() == MAX_LINE) {
        throw new RecordingException(line, "must have at most " + MAX_LINE + " bytes");
      }
      bytes.write(next);
      next = in.read();
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private @Nullable Entry entry(String text) {
    Json.Obj json;
    try {
      json = Json.parse(text) instanceof Json.Obj object ? object : null;
    } catch (Json.MalformedException e) {
      json = null;
    }
    if (json == null) {
      throw new RecordingException(line, "must be a JSON object");
    }
    if (line == 1) {
      return start(json);
    }
    try {
      return entry(json);
    } catch (IllegalArgumentException e) {
      throw new RecordingException(line, String.valueOf(e.getMessage()));
    }
  }

  private Entry start(Json.Obj json) {
    long version = json.number("holdfast", -1);
    if (version != VERSION) {
      throw new RecordingException(
          line, "holdfast: must be " + VERSION + ", was " + json.get("holdfast"));
    }
    var input =
        switch (json.text("input")) {
          case "socket" -> HttpDecoder.Input.SOCKET;
          case "unframed" -> HttpDecoder.Input.UNFRAMED;
          case "body" -> HttpDecoder.Input.BODY;
          default -> throw new RecordingException(line, "input: must be socket, unframed or body");
        };
    boolean timed = !(json.get("timed") instanceof Json.Bool(boolean flag)) || flag;
    return new Entry.Start(input, timed, Math.max(0, json.number("recorded_ms", 0)));
  }

  private @Nullable Entry entry(Json.Obj json) {
    long at = micros(json, "at_us");
    return switch (json.text("event")) {
      case "request" -> request(json, at);
      case "connected" ->
          new Entry.Connected(
              at,
              new DebugEvent.Connected(
                  json.text("address"),
                  json.text("tls"),
                  micros(json, "connect_us"),
                  micros(json, "handshake_us")));
      case "bytes" -> new Entry.Bytes(at, micros(json, "took_us"), bytes(json));
      case "end" ->
          new Entry.End(
              at,
              WireEnd.of(json.text("how")),
              json.has("trouble") ? ConnectTrouble.of(json.text("trouble")) : ConnectTrouble.NONE,
              json.has("clock") ? cause(json.text("clock")) : null,
              json.text("detail"));
      default -> null;
    };
  }

  private static long micros(Json.Obj json, String name) {
    long micros = json.number(name, 0);
    if (micros < 0 || micros > Long.MAX_VALUE / 1_000) {
      throw new IllegalArgumentException(name + ": must not be negative, was " + micros);
    }
    return micros * 1_000;
  }

  private static Cause cause(String id) {
    for (Cause cause : Cause.values()) {
      if (cause.id().equals(id)) {
        return cause;
      }
    }
    throw new IllegalArgumentException("clock: must be a cause, was " + Preview.of(id));
  }

  private static ByteBuffer bytes(Json.Obj json) {
    return json.get("base64") == null
        ? ByteBuffer.wrap(json.text("text").getBytes(StandardCharsets.UTF_8))
        : ByteBuffer.wrap(Base64.getDecoder().decode(json.text("base64")));
  }

  private static Entry request(Json.Obj json, long at) {
    String url = json.text("url");
    var uri = java.net.URI.create(url.replace(Redactor.REMOVED, "removed"));
    String host = uri.getHost() == null ? "" : uri.getHost();
    boolean secure = url.toLowerCase(Locale.ROOT).startsWith("https:");
    var headers = new ArrayList<HeaderLine>();
    var lines = json.array("headers");
    if (lines != null) {
      for (Json item : lines.items()) {
        if (item instanceof Json.Arr(var pair)
            && pair.size() == 2
            && pair.get(0) instanceof Json.Str(String name)
            && pair.get(1) instanceof Json.Str(String value)) {
          headers.add(new HeaderLine(name, value));
        }
      }
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
    String path = uri.getPath() == null ? "" : uri.getPath();
    var target =
        new ObservedExchange.Target(
            url,
            host,
            port,
            secure,
            path,
            json.has("has_key"),
            json.has("asks_for_stream"),
            json.number("body_bytes", 0),
            ObservedExchange.Target.acceptEncoding(headers));
    return new Entry.Request(at, target, json.text("method"), headers);
  }
}
