package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads HTTP/1.1 responses (RFC 9112) one after another, each asked for by {@link #begin}. All body
 * bytes of one read are passed on as one piece, however many chunks they arrived in: providers send
 * one chunk for each event. Not thread-safe.
 */
final class ResponseDecoder {
  /** Longest head, and longest trailers. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  private static final int FIRST_LINES = 512;
  private static final byte[] NOTHING = {};
  private static final int MAX_INTERIM = 32;
  private static final int MAX_SIZE_DIGITS = 15;
  private static final int MAX_SIZE_LINE = 4 << 10;
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] [1-9]\\d\\d(?: .*)?");
  private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

  /** Receives what is read; may end the decoder's use at any time. */
  interface Sink {
    /** A final response's head. */
    void head(HttpResponse head);

    /** Body bytes, valid during the call. */
    void body(ByteBuf bytes);

    /** The body ended as its framing requires. */
    void end(HttpHeaders trailers);

    /** What arrived is no response. */
    void broken(String why);

    /** {@return whether nothing more is wanted} */
    boolean isOver();
  }

  private enum State {
    HEAD,
    COUNTED,
    SIZE,
    DATA,
    DATA_END,
    TRAILERS,
    UNTIL_CLOSE,
    ENDED,
    BROKEN
  }

  private final Sink sink;
  private State state = State.ENDED;
  private boolean answersHead;
  private boolean reusable;
  private int interims;

  /** A head or trailers, as far as they have arrived; nothing is kept while a body arrives. */
  private byte[] lines = NOTHING;

  private int lineBytes;
  private int lineStart;

  /** Body bytes left, of the whole or of a chunk. */
  private long left;

  private int digits;
  private int sizeLine;
  private boolean inExtension;
  private boolean sawReturn;
  private ByteBuf piece = Unpooled.EMPTY_BUFFER;

  ResponseDecoder(Sink sink) {
    this.sink = sink;
  }

  /** The next bytes begin a response. */
  void begin(boolean answersHead) {
    this.answersHead = answersHead;
    state = State.HEAD;
    reusable = true;
    interims = 0;
    beginLines();
  }

  private void beginLines() {
    lines = NOTHING;
    lineBytes = 0;
    lineStart = 0;
  }

  /** {@return whether another response may follow on the same connection} Asked after the end. */
  boolean isReusable() {
    return state == State.ENDED && reusable;
  }

  /** {@return whether a response has begun to arrive} */
  boolean hasBegun() {
    return state != State.HEAD || lineBytes > 0 || interims > 0;
  }

  /** {@return whether the body ends with the connection, which has ended} */
  boolean endsWithConnection() {
    if (state != State.UNTIL_CLOSE) {
      return false;
    }
    state = State.ENDED;
    reusable = false;
    return true;
  }

  /** {@return what a body lacks whose connection has ended} */
  String unfinished() {
    return switch (state) {
      case COUNTED -> "the body ended before its declared length";
      case SIZE, DATA, DATA_END, TRAILERS -> "the body ended inside the chunked encoding";
      case HEAD, UNTIL_CLOSE, ENDED, BROKEN -> "the connection ended within the body";
    };
  }

  /**
   * Reads bytes; what follows the end of the response is left in {@code in}.
   *
   * @param piece an empty heap buffer that can take all of {@code in}
   */
  void read(ByteBuf in, ByteBuf piece) {
    this.piece = piece;
    while (in.isReadable() && state != State.ENDED && state != State.BROKEN && !sink.isOver()) {
      switch (state) {
        case HEAD -> head(in);
        case COUNTED, DATA -> counted(in);
        case SIZE -> size(in);
        case DATA_END -> dataEnd(in);
        case TRAILERS -> trailers(in);
        case UNTIL_CLOSE -> this.piece.writeBytes(in);
        case ENDED, BROKEN -> throw new IllegalStateException("state: must be open, was " + state);
      }
    }
    pass();
    this.piece = Unpooled.EMPTY_BUFFER;
  }

  private void pass() {
    if (piece.isReadable() && !sink.isOver()) {
      sink.body(piece);
    }
    piece.clear();
  }

  private void broken(String why) {
    state = State.BROKEN;
    pass();
    if (!sink.isOver()) {
      sink.broken(why);
    }
  }

  // ---------------------------------------------------------------- heads

  /** {@return whether the empty line has arrived, up to which bytes are taken} */
  private boolean lines(ByteBuf in) {
    while (in.isReadable()) {
      if (lineBytes == MAX_HEAD_BYTES) {
        broken("the head is too long");
        return false;
      }
      if (lineBytes == lines.length) {
        lines = Arrays.copyOf(lines, Math.clamp(lines.length * 4L, FIRST_LINES, MAX_HEAD_BYTES));
      }
      byte b = in.readByte();
      lines[lineBytes++] = b;
      if (b == '\n') {
        int end = lineBytes - 1;
        if (end > lineStart && lines[end - 1] == '\r') {
          end--;
        } else {
          reusable = false; // Another reader may see other lines.
        }
        if (end == lineStart) {
          return true;
        }
        lineStart = lineBytes;
      }
    }
    return false;
  }

  private void head(ByteBuf in) {
    if (!lines(in)) {
      return;
    }
    HttpResponse head = parsed();
    beginLines();
    if (head == null) {
      broken("the response is not HTTP");
      return;
    }
    int status = head.status().code();
    if (status < 200) {
      interims++;
      if (status == 101) {
        broken("the server switched to another protocol, which it was not asked for");
      } else if (interims > MAX_INTERIM) {
        broken("more than " + MAX_INTERIM + " interim heads (1xx) came before the response");
      }
      return;
    }
    State body = body(head, status);
    if (body == State.BROKEN) {
      broken("the response is not framed as HTTP requires");
      return;
    }
    persistence(head);
    state = body;
    sink.head(head);
    if (state == State.ENDED && !sink.isOver()) {
      sink.end(EmptyHttpHeaders.INSTANCE);
    }
  }

  private @Nullable HttpResponse parsed() {
    String text = new String(lines, 0, lineBytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\n');
    String line = stripped(text, 0, end);
    if (!line.equals("HTTP/1.1 200 OK") && !STATUS_LINE.matcher(line).matches()) {
      return null;
    }
    var version = line.charAt(7) == '1' ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0;
    int code = Integer.parseInt(line.substring(9, 12));
    HttpHeaders headers = fields(text, end + 1);
    if (headers == null) {
      return null;
    }
    return new DefaultHttpResponse(version, HttpResponseStatus.valueOf(code), headers);
  }

  /** {@return the header fields from here; null if one is none} */
  private static @Nullable HttpHeaders fields(String text, int from) {
    var headers = new DefaultHttpHeaders();
    try {
      for (int start = from; start < text.length(); ) {
        int end = text.indexOf('\n', start);
        String line = stripped(text, start, end);
        start = end + 1;
        if (line.isEmpty()) {
          break;
        }
        int colon = line.indexOf(':');
        if (colon <= 0) {
          return null;
        }
        headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    } catch (IllegalArgumentException e) {
      return null; // No name or content of a field: a folded line, a control character.
    }
    return headers;
  }

  private static String stripped(String text, int from, int lineFeed) {
    boolean twoBytes = lineFeed > from && text.charAt(lineFeed - 1) == '\r';
    return text.substring(from, twoBytes ? lineFeed - 1 : lineFeed);
  }

  /** How the body is framed: RFC 9112 section 6.3. */
  private State body(HttpResponse head, int status) {
    HttpHeaders headers = head.headers();
    if (answersHead || status == 204 || status == 304) {
      return State.ENDED;
    }
    var lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!codings.isEmpty()) {
      if (codings.size() > 1 || !codings.getFirst().strip().equalsIgnoreCase("chunked")) {
        return State.BROKEN;
      }
      if (!lengths.isEmpty() || head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
        headers.remove(HttpHeaderNames.CONTENT_LENGTH);
        reusable = false;
      }
      beginSize();
      return State.SIZE;
    }
    if (lengths.isEmpty()) {
      reusable = false;
      return State.UNTIL_CLOSE;
    }
    String length = lengths.getFirst().strip();
    if (!lengths.stream().allMatch(other -> other.strip().equals(length))
        || !LENGTH.matcher(length).matches()) {
      return State.BROKEN;
    }
    left = Long.parseLong(length);
    return left == 0 ? State.ENDED : State.COUNTED;
  }

  private void persistence(HttpResponse head) {
    HttpHeaders headers = head.headers();
    if (!head.protocolVersion().isKeepAliveDefault()
        || headers.containsValue(HttpHeaderNames.CONNECTION, "close", true)
        || head.status().code() == 408) {
      reusable = false;
    }
  }

  // ---------------------------------------------------------------- bodies

  private void counted(ByteBuf in) {
    int count = (int) Math.min(left, in.readableBytes());
    piece.writeBytes(in, count);
    left -= count;
    if (left > 0) {
      return;
    }
    if (state == State.DATA) {
      sawReturn = false;
      state = State.DATA_END;
    } else {
      end(EmptyHttpHeaders.INSTANCE);
    }
  }

  private void end(HttpHeaders trailers) {
    state = State.ENDED;
    pass();
    if (!sink.isOver()) {
      sink.end(trailers);
    }
  }

  private void beginSize() {
    left = 0;
    digits = 0;
    sizeLine = 0;
    inExtension = false;
    sawReturn = false;
  }

  private void size(ByteBuf in) {
    while (in.isReadable()) {
      byte b = in.readByte();
      if (b == '\n' && sawReturn && digits > 0) {
        state = left == 0 ? State.TRAILERS : State.DATA;
        beginLines();
        return;
      }
      int digit = inExtension ? -1 : Character.digit(b, 16);
      boolean known =
          digit >= 0
              ? digits < MAX_SIZE_DIGITS
              : digits > 0 && (inExtension || b == ';' || b == ' ' || b == '\t' || b == '\r');
      if (sawReturn || !known || b == '\n' || b == 0 || ++sizeLine > MAX_SIZE_LINE) {
        broken("the chunked encoding is broken");
        return;
      }
      if (b == '\r') {
        sawReturn = true;
      } else if (digit >= 0) {
        left = left << 4 | digit;
        digits++;
      } else {
        inExtension = true;
      }
    }
  }

  private void dataEnd(ByteBuf in) {
    byte b = in.readByte();
    if (b == '\n' && sawReturn) {
      beginSize();
      state = State.SIZE;
    } else if (b == '\r' && !sawReturn) {
      sawReturn = true;
    } else {
      broken("the chunked encoding is broken");
    }
  }

  private void trailers(ByteBuf in) {
    if (!lines(in)) {
      return;
    }
    HttpHeaders fields = fields(new String(lines, 0, lineBytes, StandardCharsets.ISO_8859_1), 0);
    beginLines();
    if (fields == null) {
      broken("the chunked encoding is broken");
      return;
    }
    end(fields);
  }
}
