package dev.holdfast.observe.debug.decode;

import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.BodyFraming;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.HttpHead;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes an HTTP/1 response apart: bytes in, head and body bytes out. Lenient, as a tool that looks
 * for faults must be: oddities are counted, not refused. Owns no socket, thread or clock. Bounded:
 * a head or a line of the chunked encoding of over 64 KiB is {@link #trouble not HTTP}.
 */
public final class HttpDecoder {
  private static final int MAX_HEAD = 64 << 10;
  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/(\\d(?:\\.\\d)?) +([1-5]\\d\\d)(?: (.*))?");

  /** What the bytes are. */
  public enum Input {
    /** What a socket gave. */
    SOCKET,
    /** A head and a body without its transfer encoding, as {@code curl -i} writes them. */
    UNFRAMED,
    /** A body alone. */
    BODY
  }

  /** Receives what was found, in order. */
  public interface Sink {
    /** The head of the final response. */
    void head(HttpHead head);

    /** Body bytes, without the chunked encoding; valid during the call. */
    void body(ByteBuffer bytes);
  }

  private enum State {
    HEAD,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER,
    LENGTH,
    TO_THE_END,
    DONE,
    BROKEN
  }

  private final Input input;
  private final Sink sink;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final List<String> head = new ArrayList<>();
  private final Map<Anomaly, Integer> oddities = new EnumMap<>(Anomaly.class);
  private State state;
  private BodyFraming framing = BodyFraming.NONE;
  private int headBytes;
  private long left;
  private long chunks;
  private long roundChunks;
  private boolean begun;
  private String trouble = "";

  public HttpDecoder(Input input, Sink sink) {
    this.input = input;
    this.sink = sink;
    this.state = input == Input.BODY ? State.TO_THE_END : State.HEAD;
    this.framing = input == Input.BODY ? BodyFraming.REMOVED : BodyFraming.NONE;
  }

  /** Takes all remaining bytes. */
  public void feed(ByteBuffer bytes) {
    begun |= bytes.hasRemaining();
    while (bytes.hasRemaining()) {
      switch (state) {
        case HEAD, CHUNK_SIZE, CHUNK_END, TRAILER -> readLine(bytes);
        case CHUNK -> {
          pass(bytes);
          if (left == 0) {
            state = State.CHUNK_END;
          }
        }
        case LENGTH -> {
          pass(bytes);
          if (left == 0) {
            state = State.DONE;
          }
        }
        case TO_THE_END -> {
          left = bytes.remaining();
          pass(bytes);
        }
        case DONE -> {
          odd(Anomaly.TRAILING_BYTES);
          bytes.position(bytes.limit());
        }
        case BROKEN -> bytes.position(bytes.limit());
      }
    }
  }

  private void pass(ByteBuffer bytes) {
    int count = (int) Math.min(left, bytes.remaining());
    left -= count;
    sink.body(bytes.slice(bytes.position(), count));
    bytes.position(bytes.position() + count);
  }

  private void readLine(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      headBytes++;
      if (next == '\n') {
        takeLine();
        return;
      }
      line.write(next);
      if (state == State.HEAD && head.isEmpty() && cannotBeHttp()) {
        fail(whatElse());
        return;
      }
      if (headBytes > MAX_HEAD) {
        fail("a line or head of over " + MAX_HEAD + " bytes");
        return;
      }
    }
  }

  private void takeLine() {
    var text = line.toString(StandardCharsets.ISO_8859_1);
    line.reset();
    if (text.endsWith("\r")) {
      text = text.substring(0, text.length() - 1);
    } else if (state == State.HEAD && input == Input.SOCKET) {
      odd(Anomaly.BARE_LF_HEAD);
    }
    switch (state) {
      case HEAD -> headLine(text);
      case CHUNK_SIZE -> chunkSize(text);
      case CHUNK_END -> {
        headBytes = 0;
        if (!text.isEmpty()) {
          fail("no line end after a chunk");
        } else {
          state = State.CHUNK_SIZE;
        }
      }
      case TRAILER -> {
        if (text.isEmpty()) {
          state = State.DONE;
        }
      }
      case CHUNK, LENGTH, TO_THE_END, DONE, BROKEN -> throw new IllegalStateException(state + "");
    }
  }

  private void headLine(String text) {
    if (!text.isEmpty()) {
      head.add(text);
      return;
    }
    if (head.isEmpty()) {
      return; // A blank line before the status line is let pass by all.
    }
    var parsed = parse(head);
    head.clear();
    headBytes = 0;
    if (parsed == null) {
      fail("no status line");
    } else if (!isInterim(parsed)) {
      sink.head(parsed);
      frame(parsed);
    }
  }

  /** Interim responses, and the answer of a proxy to CONNECT, which curl -i shows too. */
  private boolean isInterim(HttpHead parsed) {
    boolean tunnel = parsed.reason().toLowerCase(Locale.ROOT).contains("connection established");
    return (parsed.status() < 200 && parsed.status() != 101) || (input == Input.UNFRAMED && tunnel);
  }

  private static @Nullable HttpHead parse(List<String> lines) {
    var status = STATUS_LINE.matcher(lines.getFirst());
    if (!status.matches()) {
      return null;
    }
    var headers = new ArrayList<HeaderLine>();
    for (String text : lines.subList(1, lines.size())) {
      int colon = text.indexOf(':');
      if (colon > 0) {
        headers.add(
            new HeaderLine(text.substring(0, colon).strip(), text.substring(colon + 1).strip()));
      }
    }
    String reason = status.group(3);
    return new HttpHead(
        status.group(1),
        Integer.parseInt(status.group(2)),
        reason == null ? "" : reason.strip(),
        headers);
  }

  private void frame(HttpHead parsed) {
    boolean chunked =
        parsed.header("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked");
    String length = parsed.header("content-length");
    if (chunked && !length.isEmpty()) {
      odd(Anomaly.LENGTH_AND_CHUNKED);
    }
    if (input == Input.UNFRAMED) {
      framing = BodyFraming.REMOVED;
      state = State.TO_THE_END;
    } else if (parsed.status() == 204 || parsed.status() == 304) {
      framing = BodyFraming.LENGTH;
      state = State.DONE;
    } else if (chunked) {
      framing = BodyFraming.CHUNKED;
      state = State.CHUNK_SIZE;
    } else if (length.matches("\\d{1,18}")) {
      framing = BodyFraming.LENGTH;
      left = Long.parseLong(length);
      state = left == 0 ? State.DONE : State.LENGTH;
    } else {
      framing = BodyFraming.CLOSE;
      state = State.TO_THE_END;
    }
  }

  private void chunkSize(String text) {
    headBytes = 0;
    String size = text.split(";", 2)[0].strip();
    if (!size.matches("[0-9a-fA-F]{1,15}")) {
      fail("a chunk size that is no number");
      return;
    }
    left = Long.parseLong(size, 16);
    if (left == 0) {
      state = State.TRAILER;
      return;
    }
    chunks++;
    // A sender that fills a buffer first has such sizes; models do not.
    roundChunks += left >= 4096 && left % 1024 == 0 ? 1 : 0;
    state = State.CHUNK;
  }

  private boolean cannotBeHttp() {
    byte[] so = line.toByteArray();
    byte[] due = "HTTP/".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < Math.min(so.length, due.length); i++) {
      if (so[i] != due[i] && !(so.length == 1 && so[0] == '\r')) {
        return so.length >= due.length;
      }
    }
    return false;
  }

  private String whatElse() {
    byte[] so = line.toByteArray();
    if (so[0] == 0x15 && so[1] == 3) {
      return "a TLS alert: the port speaks https";
    }
    // A SETTINGS frame is what an HTTP/2 server sends first, and GOAWAY its answer to a request
    // that is not HTTP/2. RFC 9113, 3.4, 6.5 and 6.8
    if (so[0] == 0 && so[1] < 64 && (so[3] == 4 || so[3] == 7)) {
      return so[3] == 4
          ? "an HTTP/2 SETTINGS frame in place of a status line"
          : "an HTTP/2 GOAWAY frame in place of a status line";
    }
    return "no status line";
  }

  private void fail(String what) {
    trouble = what;
    state = State.BROKEN;
  }

  private void odd(Anomaly oddity) {
    oddities.merge(oddity, 1, Integer::sum);
  }

  /** {@return whether the framing ended the body} */
  public boolean isDone() {
    return state == State.DONE;
  }

  /** {@return why the bytes are no HTTP/1, or empty} */
  public String trouble() {
    return trouble;
  }

  /** {@return what a FIN at this place means} */
  public WireEnd atFin() {
    return switch (state) {
      case DONE -> WireEnd.FRAMED;
      case BROKEN -> WireEnd.NOT_HTTP;
      case TO_THE_END -> framing == BodyFraming.REMOVED ? WireEnd.UNKNOWN : WireEnd.FIN;
      case HEAD, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, LENGTH -> WireEnd.EARLY_FIN;
    };
  }

  /** {@return whether anything came at all} */
  boolean hasBegun() {
    return begun;
  }

  public BodyFraming framing() {
    return framing;
  }

  /** {@return how many chunks the chunked encoding had} */
  public long chunks() {
    return chunks;
  }

  /** {@return how many of them had the size of a buffer: a multiple of 1024 from 4096} */
  public long roundChunks() {
    return roundChunks;
  }

  public Map<Anomaly, Integer> oddities() {
    return oddities;
  }
}
