package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonDepth;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Extracts payloads from frames, with every oddity of real servers. These are comments sent as
 * data, a prefix sent twice, several values in one frame, errors as fields or bare documents, pages
 * of HTML. One per response body. Holds at most {@link #MAX_BARE} characters.
 */
public final class Payloads {
  /** A bare document is an error message; a longer one is something else. */
  static final int MAX_BARE = 64 << 10;

  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PREFIX = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final int SHOWN_BYTES = 60;

  private final Bare bare = new Bare();
  private final boolean lines;
  private boolean nulls;
  private boolean notAnEventStream;
  private boolean cut;

  /** Takes the wrapping off server-sent events. */
  public Payloads() {
    this(false);
  }

  /** {@return for servers that send {@code null} before anything else} */
  public static Payloads withNulls() {
    var payloads = new Payloads();
    payloads.nulls = true;
    return payloads;
  }

  private Payloads(boolean lines) {
    this.lines = lines;
  }

  /** {@return one for lines of JSON, where prefixes, comments and markers have no meaning} */
  public static Payloads ofLines() {
    return new Payloads(true);
  }

  /** What a frame turned out to hold. */
  public sealed interface Payload {
    /**
     * A JSON object.
     *
     * @param json the object
     * @param plain whether it was the frame's only value and names no member twice
     */
    record Document(Json.Obj json, boolean plain) implements Payload {}

    /** The closing marker. */
    record Done() implements Payload {}

    /** A sign of life. */
    record KeepAlive(String kind) implements Payload {}

    /** An error outside of a document. */
    record ReportedError(ProviderError error) implements Payload {}

    /** Nothing readable. */
    record Malformed(Failure failure) implements Payload {}
  }

  /** {@return whether the body ended inside a payload, of which nothing was handed on} */
  public boolean isCut() {
    return cut;
  }

  /** {@return whether a document without {@code data:} has begun and not ended} */
  boolean isInside() {
    return bare.isOpen();
  }

  /** Records an event that was read without being taken apart. */
  public void passed() {
    if (bare.isOpen()) {
      bare.drop();
    }
  }

  /** Forgets what a body ended in. */
  void restart() {
    bare.drop();
    notAnEventStream = false;
    cut = false;
  }

  public List<Payload> of(Frame frame) {
    return switch (frame.kind()) {
      case EVENT -> event(frame);
      case COMMENT -> List.of(new Payload.KeepAlive("comment"));
      case UNKNOWN_FIELD -> field(frame);
      case EXCEPTION ->
          List.of(new Payload.ReportedError(ErrorValues.ofException(frame.type(), frame.data())));
      // A frame that the end of the body cut is no damage; the missing proof reports the cut.
      case DAMAGED ->
          frame.unterminated() ? List.of() : broken(Cause.MALFORMED_FRAME, frame.data());
    };
  }

  private List<Payload> event(Frame frame) {
    bare.drop();
    byte[] bytes = frame.array();
    int from = skipSpace(bytes, frame.offset(), frame.offset() + frame.length());
    int to = dropSpace(bytes, from, frame.offset() + frame.length());
    if (from == to) {
      return List.of(new Payload.KeepAlive(isPing(frame.type()) ? "ping" : "empty"));
    }
    if (frame.invalidBytes() > 0) {
      return frame.unterminated()
          ? lines ? List.of() : byLine(frame, from, to)
          : broken(
              Cause.MALFORMED_FRAME,
              "payload: must be UTF-8, was broken in %d places".formatted(frame.invalidBytes()));
    }
    if (lines) {
      return document(frame, from, to);
    }
    if (startsWith(bytes, from, to, PREFIX)) {
      // A gateway wrapped a whole line: "data: data: {...}".
      from = skipSpace(bytes, from + PREFIX.length, to);
    }
    if (to - from == DONE.length && startsWith(bytes, from, to, DONE)) {
      return List.of(new Payload.Done());
    }
    if (nulls && to - from == NULL.length && startsWith(bytes, from, to, NULL)) {
      return List.of(new Payload.KeepAlive("empty"));
    }
    if (from < to && bytes[from] == ':') {
      // A gateway sent a comment on as data: "data: : PROCESSING".
      return List.of(new Payload.KeepAlive("comment"));
    }
    return document(frame, from, to);
  }

  /** Names of events that are only signs of life, with any data. */
  private static boolean isPing(String type) {
    return switch (type) {
      case "ping", "keepalive", "keep-alive", "heartbeat" -> true;
      default -> false;
    };
  }

  private List<Payload> document(Frame frame, int from, int to) {
    if (!lines && isPing(frame.type()) && frame.array()[from] != '{') {
      return List.of(new Payload.KeepAlive("ping"));
    }
    try {
      return values(JsonText.read(frame.array(), from, to - from), frame.type());
    } catch (Json.MalformedException e) {
      return unreadable(frame, from, to, e);
    }
  }

  private List<Payload> values(JsonText.Reading reading, String type) {
    boolean plain = reading.values().size() == 1 && !reading.repeats();
    if (plain && reading.values().getFirst() instanceof Json.Obj object) {
      return List.of(new Payload.Document(object, true));
    }
    var payloads = new ArrayList<Payload>();
    for (var value : reading.values()) {
      if (value instanceof Json.Arr(var items) && !items.isEmpty()) {
        items.forEach(item -> payloads.add(value(item, type)));
      } else {
        payloads.add(value(value, type));
      }
    }
    return payloads;
  }

  private Payload value(Json value, String type) {
    if (value instanceof Json.Obj object) {
      return new Payload.Document(object, false);
    }
    if (!lines && !type.equals("error") && isNothing(value)) {
      return new Payload.KeepAlive("empty");
    }
    return type.equals("error")
        ? new Payload.ReportedError(ErrorValues.of(value))
        : new Payload.Malformed(
            Failure.retryable(Cause.MALFORMED_JSON, "payload: must be a JSON object, was another"));
  }

  /** Whether a value means no data: an empty string, an empty array. */
  private static boolean isNothing(Json value) {
    return switch (value) {
      case Json.Str(String text) -> text.isBlank();
      case Json.Arr(var items) -> items.isEmpty();
      case Json.Null() -> false;
      case Json.Obj object -> false;
      case Json.Num number -> false;
      case Json.Bool bool -> false;
    };
  }

  private List<Payload> unreadable(Frame frame, int from, int to, Json.MalformedException e) {
    var payloads = lines ? List.<Payload>of() : byLine(frame, from, to);
    if (!payloads.isEmpty()) {
      return payloads;
    }
    if (frame.unterminated()) {
      cut = true;
      return List.of(); // The body was cut inside it; the missing proof reports that.
    }
    if (frame.type().equals("error")) {
      var text = new String(frame.array(), from, to - from, StandardCharsets.UTF_8);
      return List.of(new Payload.ReportedError(ErrorValues.ofText(text)));
    }
    if (frame.array()[from] == '<') {
      return page(new String(frame.array(), from, to - from, StandardCharsets.UTF_8));
    }
    if (e.isLimit()) {
      return broken(Cause.LIMIT_EXCEEDED, "payload: " + e.getMessage());
    }
    return broken(
        Cause.MALFORMED_JSON,
        "payload: must be JSON, was broken at byte %d of %d"
            .formatted(e.offset() + (from - frame.offset()), frame.length()));
  }

  /**
   * {@return the payloads of a frame whose lines are events, since the blank lines between them are
   * missing; empty if they are not} In the last frame of a body the last line may be cut.
   */
  private List<Payload> byLine(Frame frame, int from, int to) {
    var payloads = new ArrayList<Payload>();
    int start = from;
    boolean torn = false;
    while (start < to && !torn) {
      int end = start;
      while (end < to && frame.array()[end] != '\n') {
        end++;
      }
      var line = line(frame, start, end);
      torn = line == null;
      if (line != null) {
        payloads.addAll(line);
      } else if (end < to || !frame.unterminated()) {
        return List.of();
      }
      start = end + 1;
    }
    cut |= torn && !payloads.isEmpty();
    return payloads;
  }

  private @Nullable List<Payload> line(Frame frame, int start, int end) {
    byte[] bytes = frame.array();
    int from = skipSpace(bytes, start, end);
    int to = dropSpace(bytes, from, end);
    if (startsWith(bytes, from, to, PREFIX)) {
      from = skipSpace(bytes, from + PREFIX.length, to);
    }
    if (from == to) {
      return List.of();
    }
    if (to - from == DONE.length && startsWith(bytes, from, to, DONE)) {
      return List.of(new Payload.Done());
    }
    if (bytes[from] == ':') {
      return List.of(new Payload.KeepAlive("comment"));
    }
    if (bytes[from] != '{') {
      return null;
    }
    int doneAt = to - DONE.length;
    boolean marked = doneAt > from && startsWith(bytes, doneAt, to, DONE);
    try {
      var reading = JsonText.read(bytes, from, (marked ? doneAt : to) - from);
      var payloads = new ArrayList<>(values(reading, frame.type()));
      if (marked) {
        payloads.add(new Payload.Done());
      }
      return payloads;
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private List<Payload> field(Frame frame) {
    if (lines) {
      return frame.type().equals("]") ? List.of(new Payload.Done()) : List.of();
    }
    String line = frame.data();
    if (frame.type().equals("error")) {
      // llama.cpp until late 2025 and llama-box to this day: "error: {...}" as a field of SSE.
      String message = line.substring(Math.min(line.length(), "error:".length())).strip();
      return List.of(new Payload.ReportedError(ErrorValues.parse(message)));
    }
    if (!bare.isOpen()) {
      String start = line.stripLeading();
      if (start.startsWith("<")) {
        return page(start);
      }
      if (start.startsWith("\u001f")) {
        return page("gzip");
      }
      if (!start.startsWith("{") && !start.startsWith("[{")) {
        return misnamed(frame, line);
      }
    }
    return bare.take(line) ? document(bare.close()) : List.of();
  }

  /**
   * The standard drops unknown fields; one that holds a document is a payload whose text is lost.
   */
  private static List<Payload> misnamed(Frame frame, String line) {
    boolean holdsDocument =
        line.startsWith("{", frame.type().length() + 1)
            || line.startsWith(" {", frame.type().length() + 1);
    return holdsDocument && !frame.unterminated()
        ? broken(Cause.MALFORMED_FRAME, "field: must be data to hold a payload, was another name")
        : List.of();
  }

  private List<Payload> document(String text) {
    Json json;
    try {
      json = Json.parse(text);
    } catch (Json.MalformedException e) {
      return List.of();
    }
    var payloads = new ArrayList<Payload>();
    for (var value : json instanceof Json.Arr(var items) ? items : List.of(json)) {
      if (value instanceof Json.Obj object && ErrorValues.isError(object)) {
        payloads.add(new Payload.Document(object, false));
      }
    }
    return payloads.isEmpty() ? page("a JSON document") : payloads;
  }

  private List<Payload> page(String start) {
    if (notAnEventStream) {
      return List.of(); // Reported once; every line of a page would repeat it.
    }
    notAnEventStream = true;
    var shown = start.codePoints().limit(SHOWN_BYTES).filter(c -> c >= ' ');
    var text = shown.collect(StringBuilder::new, StringBuilder::appendCodePoint, (a, b) -> {});
    return broken(
        Cause.MALFORMED_FRAME,
        "body: must be %s, was %s".formatted(lines ? "lines of JSON" : "an event stream", text));
  }

  private static List<Payload> broken(Cause cause, String detail) {
    return List.of(new Payload.Malformed(Failure.retryable(cause, detail)));
  }

  private static boolean startsWith(byte[] bytes, int from, int to, byte[] start) {
    return to - from >= start.length
        && Arrays.equals(bytes, from, from + start.length, start, 0, start.length);
  }

  private static int skipSpace(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && isSpace(bytes[at])) {
      at++;
    }
    return at;
  }

  private static int dropSpace(byte[] bytes, int from, int to) {
    int at = to;
    while (at > from && isSpace(bytes[at - 1])) {
      at--;
    }
    return at;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\t' || b == '\r';
  }

  /**
   * A JSON document in the body without {@code data:}, line by line. Counts brackets as lines come,
   * so that it is parsed once, when it closes.
   */
  private static final class Bare {
    private final StringBuilder text = new StringBuilder(0);
    private final JsonDepth depth = new JsonDepth();

    boolean isOpen() {
      return !text.isEmpty();
    }

    /** {@return whether the document closed with this line} */
    boolean take(String line) {
      if (text.length() + line.length() > MAX_BARE) {
        drop();
        return false;
      }
      depth.take(line);
      text.append(line).append('\n');
      return depth.isLevel();
    }

    String close() {
      String whole = text.toString();
      drop();
      return whole;
    }

    void drop() {
      text.setLength(0);
      depth.restart();
    }
  }
}
