package dev.holdfast.observe.debug.recording;

import dev.holdfast.core.guard.PieceMask;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a recording while an exchange is under way; see {@code docs/recording-format.md}. Bytes
 * are exact except secrets, which asterisks of the same length replace. Secrets are keys that the
 * provider echoes, also across two reads, and the values of headers such as {@code Set-Cookie}. The
 * head of the response is therefore held back until it is whole.
 */
public final class RecordingWriter {
  private static final int MAX_HEAD = 64 << 10;

  /** What one read gave, until it is known to hold no part of a secret. */
  private static final class Read {
    private final long atNanos;
    private final long tookNanos;
    private final byte[] bytes;

    Read(long atNanos, long tookNanos, byte[] bytes) {
      this.atNanos = atNanos;
      this.tookNanos = tookNanos;
      this.bytes = bytes;
    }
  }

  private final OutputStream out;
  private final Redactor redactor;
  private final PieceMask pieces;
  private final ArrayDeque<Read> pending = new ArrayDeque<>();
  private long pendingBytes;
  private boolean inHead;

  public RecordingWriter(OutputStream out, Redactor redactor) {
    this.out = out;
    this.redactor = redactor;
    this.pieces = new PieceMask(redactor);
  }

  public void start(HttpDecoder.Input input, boolean timed, long epochMillis) throws IOException {
    inHead = input != HttpDecoder.Input.BODY;
    var line = new LinkedHashMap<String, Json>();
    line.put("holdfast", Json.of(Recording.VERSION));
    line.put("input", text(input.name().toLowerCase(java.util.Locale.ROOT)));
    line.put("timed", new Json.Bool(timed));
    line.put("recorded_ms", Json.of(epochMillis));
    write(line);
  }

  public void request(
      ObservedExchange.Target target, String method, List<HeaderLine> headers, long atNanos)
      throws IOException {
    var line = line(atNanos, "request");
    line.put("method", text(method));
    line.put("url", text(target.url()));
    line.put(
        "headers",
        new Json.Arr(
            headers.stream()
                .<Json>map(h -> new Json.Arr(List.of(text(h.name()), text(h.value()))))
                .toList()));
    line.put("body_bytes", Json.of(target.bodyBytes()));
    line.put("has_key", new Json.Bool(target.hasKey()));
    line.put("asks_for_stream", new Json.Bool(target.asksForStream()));
    write(line);
  }

  public void connected(DebugEvent.Connected event, long atNanos) throws IOException {
    var line = line(atNanos, "connected");
    line.put("address", text(event.address()));
    line.put("tls", text(event.tls()));
    line.put("connect_us", Json.of(event.connectNanos() / 1_000));
    line.put("handshake_us", Json.of(event.tlsNanos() / 1_000));
    write(line);
  }

  /** Takes a copy of what one read gave. */
  public void bytes(byte[] bytes, int length, long tookNanos, long atNanos) throws IOException {
    pending.add(new Read(atNanos, tookNanos, Arrays.copyOf(bytes, length)));
    pendingBytes += length;
    maskHead();
    if (inHead) {
      return;
    }
    // Anything shorter than a key may be the beginning of one.
    while (!pending.isEmpty()
        && pendingBytes - pending.getFirst().bytes.length >= redactor.reach()) {
      flushFirst();
    }
  }

  public void end(
      WireEnd how, ConnectTrouble trouble, @Nullable Cause clock, String detail, long atNanos)
      throws IOException {
    inHead = false;
    while (!pending.isEmpty()) {
      flushFirst();
    }
    var line = line(atNanos, "end");
    line.put("how", text(how.id()));
    if (trouble != ConnectTrouble.NONE) {
      line.put("trouble", text(trouble.id()));
    }
    if (clock != null) {
      line.put("clock", text(clock.id()));
    }
    line.put("detail", text(redactor.text(detail)));
    write(line);
    out.flush();
  }

  private void flushFirst() throws IOException {
    var read = pending.remove();
    pendingBytes -= read.bytes.length;
    byte[] masked = pieces.masked(read.bytes, following());
    var line = line(read.atNanos, "bytes");
    line.put("took_us", Json.of(read.tookNanos / 1_000));
    String text = exactText(masked);
    line.put(
        text == null ? "base64" : "text",
        text(text == null ? Base64.getEncoder().encodeToString(masked) : text));
    write(line);
  }

  /** {@return the beginning of what comes after the read that is written} */
  private byte[] following() {
    byte[] all = all();
    return all.length <= redactor.reach() ? all : Arrays.copyOf(all, redactor.reach());
  }

  private byte[] all() {
    byte[] all = new byte[(int) pendingBytes];
    int at = 0;
    for (Read read : pending) {
      System.arraycopy(read.bytes, 0, all, at, read.bytes.length);
      at += read.bytes.length;
    }
    return all;
  }

  /**
   * Masks headers that are credentials once the head is whole, over all the reads that share it.
   */
  private void maskHead() {
    if (!inHead) {
      return;
    }
    byte[] all = all();
    int head = headLength(all);
    if (head == 0) {
      return;
    }
    maskHeaders(all, head);
    inHead = false;
    int at = 0;
    for (Read read : pending) {
      System.arraycopy(all, at, read.bytes, 0, read.bytes.length);
      at += read.bytes.length;
    }
  }

  /** {@return where the head ends; 0 while it is not whole} Of what is no HTTP, nothing is head. */
  private static int headLength(byte[] bytes) {
    byte[] due = "HTTP/".getBytes(StandardCharsets.US_ASCII);
    int same = Arrays.mismatch(bytes, due);
    if (bytes.length > MAX_HEAD || (same >= 0 && same < Math.min(due.length, bytes.length))) {
      return bytes.length;
    }
    for (int i = 1; i < bytes.length; i++) {
      boolean bare = bytes[i] == '\n' && bytes[i - 1] == '\n';
      boolean full = i >= 3 && bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n';
      if (bare || full) {
        return i + 1;
      }
    }
    return 0;
  }

  private static void maskHeaders(byte[] bytes, int length) {
    int from = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        maskHeader(bytes, from, i);
        from = i + 1;
      }
    }
  }

  private static void maskHeader(byte[] bytes, int from, int to) {
    var line = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    int colon = line.indexOf(':');
    if (colon > 0 && SecretNames.isCredential(line.substring(0, colon))) {
      for (int i = from + colon + 1; i < to; i++) {
        if (bytes[i] > ' ' || bytes[i] < 0) {
          bytes[i] = '*';
        }
      }
    }
  }

  private static @Nullable String exactText(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null; // Binary, or a character that two reads share.
    }
  }

  private static Map<String, Json> line(long atNanos, String event) {
    var line = new LinkedHashMap<String, Json>();
    line.put("at_us", Json.of(atNanos / 1_000));
    line.put("event", text(event));
    return line;
  }

  private static Json text(String text) {
    return new Json.Str(text);
  }

  private void write(Map<String, Json> line) throws IOException {
    out.write((new Json.Obj(line).write() + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
