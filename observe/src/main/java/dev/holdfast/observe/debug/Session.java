package dev.holdfast.observe.debug;

import dev.holdfast.core.guard.PieceMask;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.observe.debug.decode.ContentDecoder;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.facts.Reading;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.rules.Diagnosis;
import dev.holdfast.observe.debug.rules.WireFailures;
import dev.holdfast.observe.debug.tally.BodyReader;
import dev.holdfast.observe.debug.tally.PaceMeter;
import dev.holdfast.observe.debug.tally.StreamTimeline;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.BodyFraming;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.HttpHead;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.Redaction;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One exchange of the debugger: receives what happened on the wire and when, logs events and
 * gathers the facts. Without I/O; not thread-safe. Memory is bounded for any input.
 *
 * <p>Call {@link #requestSent}, {@link #connected} and {@link #bytes} as things happen, {@link
 * #end} once, then {@link #report}. Times are nanoseconds since the debugger began.
 */
final class Session {
  /** Receives each event, at once. */
  interface Listener {
    void on(DebugEvent.Timed event);
  }

  private static final int MAX_ERROR_BODY = 64 << 10;
  private static final int MAX_START = 400;

  private final Listener listener;
  private final DebugLimits limits;
  private final Redactor redactor;
  private final PieceMask pieces;
  private HttpDecoder http;
  private final ContentDecoder content;
  private final BodyReader body;
  private final PaceMeter meter = new PaceMeter();
  private final StreamTimeline timeline = new StreamTimeline();
  private final ByteArrayOutputStream errorBody = new ByteArrayOutputStream();
  private final ByteArrayOutputStream bodyStart = new ByteArrayOutputStream();
  private final ByteArrayOutputStream pieceStart = new ByteArrayOutputStream();

  // The content of a read is reported after the read itself, in its natural order.
  private final ArrayDeque<DebugEvent.Timed> held = new ArrayDeque<>();
  private boolean holding;

  private ObservedExchange.@Nullable Target target;
  private ConnectTrouble connectTrouble = ConnectTrouble.NONE;
  private @Nullable HttpHead head;
  private long epochMillis;
  private long now;
  private long bodyBytes;
  private long inflatedBytes;
  private long chunkNumber;
  private long pieceBytes;
  private boolean timed = true;
  private WireEnd end = WireEnd.OPEN;
  private String detail = "";
  private @Nullable Cause clock;
  private @Nullable Failure failure;
  private boolean over;

  /**
   * A session, of bytes from a socket by default.
   *
   * @param dialect the protocol's id, or null to find out
   */
  Session(@Nullable String dialect, DebugLimits limits, Redactor redactor, Listener listener) {
    this.listener = listener;
    this.limits = limits;
    this.redactor = redactor;
    this.pieces = new PieceMask(redactor);
    this.body = new BodyReader(dialect, redactor, new FromBody());
    this.content = new ContentDecoder(this::plain);
    this.http = new HttpDecoder(HttpDecoder.Input.SOCKET, new FromHttp());
  }

  private final class FromBody implements BodyReader.Listener {
    @Override
    public void saw(DebugEvent event, long atNanos) {
      log(event, atNanos);
    }

    @Override
    public void content(long atNanos) {
      meter.content(atNanos);
    }
  }

  private final class FromHttp implements HttpDecoder.Sink {
    @Override
    public void head(HttpHead arrived) {
      head = Redaction.response(arrived, redactor);
      meter.head(now);
      body.mediaType(arrived.mediaType());
      content.declare(arrived.header("content-encoding"));
    }

    @Override
    public void body(ByteBuffer bytes) {
      pieceBytes += bytes.remaining();
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(bytes.position(), piece);
      pieceStart.writeBytes(piece);
      int missing = MAX_START + redactor.reach() - bodyStart.size();
      bodyStart.write(piece, 0, Math.clamp(missing, 0, piece.length));
      content.feed(bytes);
    }
  }

  /**
   * Sets what the bytes are, before the first of them.
   *
   * @param hasTimes whether the times passed later are those of the wire
   */
  void begin(HttpDecoder.Input input, boolean hasTimes) {
    http = new HttpDecoder(input, new FromHttp());
    timed = hasTimes;
  }

  /** The request went out; the clocks start. */
  void requestSent(DebugRequest request, long atNanos) {
    var redacted = request.headers().stream().map(Redaction::request).toList();
    var known = ObservedExchange.Target.of(request);
    requestSent(known, request.method(), redacted, atNanos);
  }

  void requestSent(
      ObservedExchange.Target known, String method, List<HeaderLine> headers, long atNanos) {
    target = known;
    meter.requested(atNanos);
    log(new DebugEvent.RequestSent(method, known.url(), headers, known.bodyBytes()), atNanos);
  }

  /** Sets the target of a request whose connection did not come about. */
  void target(DebugRequest request) {
    target = ObservedExchange.Target.of(request);
  }

  void connected(DebugEvent.Connected event, long atNanos) {
    log(event, atNanos);
  }

  /** An entry of the timeline that is not of the wire. */
  void note(String type, String data, long atNanos) {
    log(new DebugEvent.Noted(type, data), atNanos);
  }

  /**
   * Bytes arrived.
   *
   * @param readNanos how long the read took, waiting included
   * @param epochMillis wall-clock time, for dates in headers
   */
  void bytes(ByteBuffer raw, long readNanos, long atNanos, long epochMillis) {
    if (over) {
      return;
    }
    this.now = atNanos;
    this.epochMillis = epochMillis;
    boolean hadHead = head != null;
    pieceBytes = 0;
    pieceStart.reset();
    held.clear();
    holding = true;
    http.feed(raw);
    holding = false;
    meter.anyByte(atNanos);
    if (!hadHead && head != null) {
      log(new DebugEvent.HeadArrived(head, http.framing()), atNanos);
    }
    if (pieceBytes > 0) {
      chunk(readNanos, atNanos);
    }
    held.forEach(this::emit);
    held.clear();
  }

  private void chunk(long readNanos, long atNanos) {
    bodyBytes += pieceBytes;
    chunkNumber++;
    meter.chunk(pieceBytes, readNanos, atNanos);
    byte[] piece = pieceStart.toByteArray();
    int shown = Math.min(piece.length, MAX_START);
    byte[] rest = Arrays.copyOfRange(piece, shown, piece.length);
    byte[] start =
        pieces.masked(
            Arrays.copyOf(piece, shown),
            Arrays.copyOf(rest, Math.min(rest.length, redactor.reach())));
    pieces.passed(rest);
    emit(
        new DebugEvent.Timed(
            atNanos,
            new DebugEvent.ChunkArrived(
                chunkNumber, pieceBytes, readNanos, Preview.of(start, 0, start.length))));
  }

  /** A piece of the body without any encoding. */
  private void plain(ByteBuffer bytes) {
    inflatedBytes += bytes.remaining();
    if (head != null && !head.isSuccess()) {
      byte[] piece = new byte[Math.min(bytes.remaining(), MAX_ERROR_BODY - errorBody.size())];
      bytes.get(bytes.position(), piece);
      errorBody.writeBytes(piece);
    } else if (inflatedBytes <= limits.maxBytes()) {
      body.feed(bytes, now);
    }
  }

  /** {@return whether nothing more need be read} */
  boolean isDone() {
    return http.isDone() || !http.trouble().isEmpty() || body.hasLimit() || isOverLimit();
  }

  private boolean isOverLimit() {
    return bodyBytes > limits.maxBytes() || inflatedBytes > limits.maxBytes();
  }

  /** {@return which limit ended the reading; empty if none did} */
  String limit() {
    return isOverLimit() ? "more than " + limits.maxBytes() + " bytes" : body.limit();
  }

  /** {@return what the wire's end is when the framing or a limit ended the reading} */
  WireEnd doneEnd() {
    if (!http.trouble().isEmpty()) {
      return WireEnd.NOT_HTTP;
    }
    return body.hasLimit() || isOverLimit() ? WireEnd.LIMIT : WireEnd.FRAMED;
  }

  /** {@return the time at which the next clock runs out; {@link Long#MAX_VALUE} for never} */
  long deadline() {
    return clocks().atNanos();
  }

  private Due clocks() {
    var timeouts = limits.timeouts();
    long requested = Math.max(0, meter.requestAt());
    long lastByte = Math.max(requested, meter.lastByteAt());
    var due = new Due(Long.MAX_VALUE, null, Duration.ZERO);
    if (body.isProven() || (head != null && !head.isSuccess())) {
      due = due.orEarlier(lastByte, limits.linger(), null);
    } else {
      if (meter.firstContentAt() < 0) {
        due = due.orEarlier(requested, timeouts.firstToken(), Cause.FIRST_TOKEN_TIMEOUT);
      } else {
        due = due.orEarlier(meter.lastContentAt(), timeouts.progress(), Cause.PROGRESS_TIMEOUT);
      }
      if (head != null) {
        due = due.orEarlier(lastByte, timeouts.idle(), Cause.IDLE_TIMEOUT);
      }
    }
    return due.orEarlier(0, timeouts.total(), Cause.DEADLINE_EXCEEDED);
  }

  private record Due(long atNanos, @Nullable Cause cause, Duration length) {
    Due orEarlier(long from, Duration length, @Nullable Cause cause) {
      long at = from + length.toNanos();
      return length.isZero() || at >= atNanos ? this : new Due(at, cause, length);
    }
  }

  /** Ends the exchange at the clock that ran out. */
  void timedOut(long atNanos) {
    var due = clocks();
    if (due.cause() == null) {
      end(WireEnd.LINGERED, "the connection stayed open", atNanos);
    } else {
      clock = due.cause();
      String what =
          switch (due.cause()) {
            case FIRST_TOKEN_TIMEOUT -> "no content within ";
            case PROGRESS_TIMEOUT -> "no new content within ";
            case DEADLINE_EXCEEDED -> "not finished within ";
            default -> "no byte within ";
          };
      end(WireEnd.TIMED_OUT, what + due.length().toMillis() + " ms", atNanos);
    }
  }

  /** Ends the exchange as recorded. */
  void ended(WireEnd how, ConnectTrouble trouble, @Nullable Cause ran, String why, long atNanos) {
    connectTrouble = trouble;
    clock = ran;
    end(how, why, atNanos);
  }

  /** {@return how the wire ended, and what is known about it} */
  WireEnd end() {
    return end;
  }

  String detail() {
    return detail;
  }

  ConnectTrouble connectTrouble() {
    return connectTrouble;
  }

  @Nullable Cause clock() {
    return clock;
  }

  /** Ends the exchange where the connection closed by FIN. */
  void fin(long atNanos) {
    end(http.atFin(), http.trouble(), atNanos);
  }

  /** Ends the exchange that never got a connection. */
  void noConnection(ConnectTrouble trouble, String why, long atNanos) {
    connectTrouble = trouble;
    end(WireEnd.NO_CONNECTION, why, atNanos);
  }

  /** Ends the exchange. Later calls are ignored. */
  void end(WireEnd how, String why, long atNanos) {
    if (over) {
      return;
    }
    over = true;
    now = atNanos;
    content.end(how.isOfBody());
    end = how;
    detail = why.isEmpty() ? http.trouble() : why;
    var ofBody = body.end(atNanos, WireFailures.ofBody(how, clock, detail));
    meter.end(atNanos);
    failure = judge(ofBody);
    if (failure != null && head != null && !head.isSuccess()) {
      log(new DebugEvent.ErrorArrived(failure.cause(), BodyReader.headline(failure)), atNanos);
    }
    log(new DebugEvent.Ended(how, detail), atNanos);
  }

  private @Nullable Failure judge(@Nullable Failure ofBody) {
    if (head == null && http.framing() != BodyFraming.REMOVED) {
      return WireFailures.withoutHead(
          end, connectTrouble, clock, detail.isEmpty() ? "no response came" : detail);
    }
    if (head != null && !head.isSuccess()) {
      return HttpErrors.classify(head.responseHead(), errorBody.toByteArray(), epochMillis);
    }
    boolean lost = end == WireEnd.EARLY_FIN || end == WireEnd.RESET;
    var ofCoding = content.failure(body.isProven(), lost);
    return ofCoding == null ? ofBody : ofCoding;
  }

  private void log(DebugEvent event, long atNanos) {
    var timedEvent = new DebugEvent.Timed(atNanos, masked(event));
    if (holding) {
      held.add(timedEvent);
    } else {
      emit(timedEvent);
    }
  }

  private DebugEvent masked(DebugEvent event) {
    return switch (event) {
      case DebugEvent.RequestSent sent -> sent; // Made of what may be shown.
      case DebugEvent.Connected connected -> connected;
      case DebugEvent.HeadArrived arrived -> arrived; // The head is kept without secrets.
      case DebugEvent.ChunkArrived chunk -> chunk; // Masked as a piece of the body.
      case DebugEvent.FrameArrived f ->
          new DebugEvent.FrameArrived(
              f.number(),
              f.kind(),
              shown(f.type()),
              f.bytes(),
              f.content(),
              shown(f.finish()),
              f.preview()); // Redacted before it was cut.
      case DebugEvent.ParseFailed(long frame, Cause cause, String what) ->
          new DebugEvent.ParseFailed(frame, cause, shown(what));
      case DebugEvent.HeartbeatArrived(String kind) -> new DebugEvent.HeartbeatArrived(shown(kind));
      case DebugEvent.ErrorArrived(Cause cause, String what) ->
          new DebugEvent.ErrorArrived(cause, Preview.of(redactor.quoted(what)));
      case DebugEvent.Completed(String finish) -> new DebugEvent.Completed(shown(finish));
      case DebugEvent.Ended(WireEnd how, String why) ->
          new DebugEvent.Ended(how, redactor.text(why));
      case DebugEvent.Noted(String type, String data) ->
          new DebugEvent.Noted(shown(type), shown(data));
    };
  }

  /** Redacted before it is cut, since half a key is not recognised. */
  private String shown(String text) {
    return Preview.of(redactor.text(text));
  }

  private void emit(DebugEvent.Timed event) {
    timeline.add(event);
    listener.on(event);
  }

  /** {@return what became of it} */
  DebugReport report() {
    var reading = body.reading();
    var odd = new EnumMap<Anomaly, Integer>(Anomaly.class);
    odd.putAll(http.oddities());
    body.oddities().forEach((oddity, count) -> odd.merge(oddity, count, Integer::sum));
    if (content.isCompressed()) {
      odd.put(content.isUndeclared() ? Anomaly.UNDECLARED_COMPRESSION : Anomaly.COMPRESSED, 1);
    }
    var pace = meter.pace(timed);
    var facts =
        new Facts(
            exchange(reading),
            maskedReading(reading),
            pace,
            odd,
            body.answer().redacted(redactor),
            isWhole() ? body.clients(pace.arrival()) : List.of());
    return new DebugReport(facts, Diagnosis.of(facts), timeline, meter.curve());
  }

  private boolean isWhole() {
    return over && failure == null && (head == null || head.isSuccess());
  }

  private ObservedExchange exchange(Reading reading) {
    return new ObservedExchange(
        target,
        connectTrouble,
        head,
        http.framing(),
        end,
        redactor.text(detail),
        clock,
        over ? WireFailures.verdict(failure) : null,
        failure == null ? null : masked(failure),
        reading.warnings().stream().anyMatch(w -> w.cause() == Cause.MISSING_DONE),
        bodyStart(),
        redactor.text(content.name()),
        redactor.text(content.trouble()),
        http.chunks(),
        http.roundChunks());
  }

  private String bodyStart() {
    String start = bodyStart.toString(StandardCharsets.UTF_8);
    boolean answer = head == null || head.isSuccess();
    String shown = answer ? redactor.text(start) : redactor.quoted(start);
    return shown.length() <= MAX_START ? shown : shown.substring(0, MAX_START);
  }

  private Reading maskedReading(Reading r) {
    var finishes = new TreeMap<Integer, Finish>();
    r.finishes()
        .forEach((choice, finish) ->
            finishes.put(choice, new Finish(finish.reason(), redactor.text(finish.raw()))));
    return new Reading(
        r.dialect(),
        r.reason(),
        r.document(),
        r.proof(),
        finishes,
        r.error() == null ? null : masked(r.error()),
        r.rejection() == null ? null : masked(r.rejection()),
        redactor.text(r.limit()),
        r.frames(),
        r.contentFrames(),
        r.heartbeats(),
        r.parseErrors(),
        r.textChars(),
        r.calls(redactor),
        r.warnings().stream()
            .map(w -> new StreamEvent.Warned(w.cause(), redactor.text(w.detail())))
            .toList(),
        r.usage());
  }

  /** A provider's sentence may repeat the prompt besides the key. */
  private Failure masked(Failure failure) {
    var clean = redactor.failure(failure);
    var provider = clean.provider().orElse(null);
    return provider == null
        ? clean
        : clean.toBuilder()
            .provider(
                new ProviderError(
                    provider.type(),
                    provider.code(),
                    redactor.quoted(provider.message()),
                    redactor.quoted(provider.raw())))
            .build();
  }
}
