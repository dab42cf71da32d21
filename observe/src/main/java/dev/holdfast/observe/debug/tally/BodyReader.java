package dev.holdfast.observe.debug.tally;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.verdict.BodyJudge;
import dev.holdfast.observe.debug.clients.Arrival;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.clients.ClientWatch;
import dev.holdfast.observe.debug.facts.AnswerFacts;
import dev.holdfast.observe.debug.facts.Reading;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.Preview;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body by the core's dialects. Until the protocol is known, at most {@link
 * DialectDetector#LOOK_AHEAD} bytes are kept back, with the times of their arrival. Their content
 * is logged late, but under its own time.
 */
public final class BodyReader {
  /** Receives what a frame was, with the time at which its last byte arrived. */
  public interface Listener {
    void saw(DebugEvent event, long atNanos);

    /** Content of the model arrived. */
    void content(long atNanos);
  }

  private static final int GLUE_LIMIT = 64 << 10;
  private static final int MAX_PREVIEW = 1 << 10;

  private record Piece(ByteBuffer bytes, long atNanos) {}

  private final Listener listener;
  private final Redactor redactor;
  private final BodyTally tally;
  private final AnswerTally answer = new AnswerTally();
  private ClientWatch clients = new ClientWatch("");
  private final ArrayDeque<Piece> kept = new ArrayDeque<>();
  private final Map<Anomaly, Integer> oddities = new EnumMap<>(Anomaly.class);
  private byte[] start = new byte[0];
  private String mediaType = "";
  private String dialect = "";
  private String detectionReason = "";
  private @Nullable BodyJudge judge;
  private long frameNumber;
  private int lastHash;
  private boolean first = true;

  /**
   * A reader of one body.
   *
   * @param dialect the protocol's id, or null to find out
   * @param redactor removes secrets from previews
   * @throws IllegalArgumentException if there is no such protocol
   */
  public BodyReader(@Nullable String dialect, Redactor redactor, Listener listener) {
    this.listener = listener;
    this.redactor = redactor;
    this.tally = new BodyTally(redactor);
    if (dialect != null) {
      this.dialect = dialect;
      this.detectionReason = "given";
      this.clients = new ClientWatch(dialect);
      this.judge =
          new BodyJudge(Dialects.byId(dialect), FrameLimits.DEFAULT, CompletionPolicy.STRICT);
    }
  }

  public void mediaType(String type) {
    mediaType = type;
    if (judge != null) {
      judge.mediaType(type);
    }
  }

  /** Takes all remaining bytes of a body without its encodings. */
  public void feed(ByteBuffer bytes, long atNanos) {
    if (first && bytes.hasRemaining()) {
      first = false;
      if (bytes.get(bytes.position()) == (byte) 0xEF) {
        odd(Anomaly.BYTE_ORDER_MARK);
      }
    }
    var ready = judge;
    if (ready != null) {
      read(ready, bytes, atNanos);
      return;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    keep(copy, atNanos);
    boolean full = start.length >= DialectDetector.LOOK_AHEAD;
    if (full || endsLine(copy)) {
      var found =
          full
              ? DialectDetector.detect(start, mediaType)
              : DialectDetector.settled(start, mediaType);
      if (found != null) {
        decide(found);
      }
    }
  }

  private void keep(byte[] copy, long atNanos) {
    kept.add(new Piece(ByteBuffer.wrap(copy), atNanos));
    int size = start.length;
    start = Arrays.copyOf(start, size + copy.length);
    System.arraycopy(copy, 0, start, size, copy.length);
  }

  private static boolean endsLine(byte[] bytes) {
    for (byte b : bytes) {
      if (b == '\n' || b == '\r' || b == 0) {
        return true;
      }
    }
    return false;
  }

  private BodyJudge decide(DialectDetector.Detection found) {
    var decided = BodyJudge.of(found);
    decided.mediaType(mediaType);
    judge = decided;
    dialect = found.dialect();
    clients = new ClientWatch(dialect);
    detectionReason = found.reason();
    start = new byte[0];
    while (!kept.isEmpty()) {
      var piece = kept.poll();
      read(decided, piece.bytes(), piece.atNanos());
    }
    return decided;
  }

  private void read(BodyJudge ready, ByteBuffer bytes, long atNanos) {
    look(bytes);
    clients.bytes(bytes);
    ready.feed(bytes, new FromJudge(ready, atNanos));
  }

  private void look(ByteBuffer bytes) {
    if (!oddities.containsKey(Anomaly.CRLF)) {
      for (int i = bytes.position(); i < Math.min(bytes.limit(), bytes.position() + 4096); i++) {
        if (bytes.get(i) == '\r') {
          odd(Anomaly.CRLF);
          return;
        }
      }
    }
  }

  /**
   * Ends the body.
   *
   * @param wire why it did not end as a body may end, or null if it did
   * @return why the answer is not complete, or null if it is
   */
  @Nullable public Failure end(long atNanos, @Nullable Failure wire) {
    var ready = judge == null ? decide(DialectDetector.detect(start, mediaType)) : judge;
    boolean before = ready.isProven();
    var visitor = new FromJudge(ready, atNanos);
    if (wire == null) {
      ready.end(visitor);
    } else {
      ready.broken(wire, visitor);
    }
    clients.end();
    if (!before && !visitor.completed && ready.isProven()) {
      listener.saw(new DebugEvent.Completed(tally.finish()), atNanos);
    }
    return ready.failure();
  }

  /** What the judge reads at one time. */
  private final class FromJudge implements BodyJudge.Visitor {
    private final BodyJudge judge;
    private final long atNanos;

    // The numbers of what happens inside are known first; they are reported after the frame itself.
    private final ArrayDeque<StreamEvent> inside = new ArrayDeque<>();
    private @Nullable Frame frame;
    private boolean proven;
    private boolean closed;
    private boolean completed;

    FromJudge(BodyJudge judge, long atNanos) {
      this.judge = judge;
      this.atNanos = atNanos;
    }

    @Override
    public void frame(Frame arrived) {
      frame = arrived;
      proven = judge.isProven();
      closed = judge.proof().isClosed();
      frameNumber++;
      tally.begin(arrived.kind());
      odditiesOf(arrived);
      clients.frame(arrived);
    }

    @Override
    public void event(StreamEvent event, boolean counts) {
      answer.accept(event);
      tally.accept(event, counts && !(judge.isProven() && isRejection(event)));
      if (frame == null) {
        report(event, atNanos);
      } else {
        inside.add(event);
      }
    }

    private static boolean isRejection(StreamEvent event) {
      return event instanceof StreamEvent.FrameRejected;
    }

    @Override
    public void frameRead() {
      var arrived = Objects.requireNonNull(frame);
      frame = null;
      answer.frame(dialect, arrived, inside.stream().anyMatch(AnswerTally::isUnderstood));
      if (closed && inside.stream().anyMatch(StreamEvent::isContent)) {
        odd(Anomaly.CONTENT_AFTER_END);
      }
      listener.saw(
          new DebugEvent.FrameArrived(
              frameNumber,
              arrived.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
              arrived.type(),
              arrived.length(),
              tally.frameHasContent(),
              tally.frameFinish(),
              tally.frameText().isEmpty() ? start(arrived) : tally.frameText()),
          atNanos);
      if (tally.frameHasContent()) {
        listener.content(atNanos);
      }
      inside.forEach(event -> report(event, atNanos));
      inside.clear();
      if (!proven && judge.isProven()) {
        completed = true;
        listener.saw(new DebugEvent.Completed(tally.finish()), atNanos);
      }
    }
  }

  /** More than is shown: secrets are removed before it is cut. */
  private String start(Frame frame) {
    int length = Math.min(frame.length(), MAX_PREVIEW);
    return Preview.of(
        redactor.text(new String(frame.array(), frame.offset(), length, StandardCharsets.UTF_8)));
  }

  private void report(StreamEvent event, long atNanos) {
    switch (event) {
      case StreamEvent.FrameRejected(Failure failure) ->
          listener.saw(
              new DebugEvent.ParseFailed(frameNumber, failure.cause(), failure.detail()), atNanos);
      case StreamEvent.ErrorReported(Failure failure) ->
          listener.saw(new DebugEvent.ErrorArrived(failure.cause(), headline(failure)), atNanos);
      case StreamEvent.Heartbeat(String kind) ->
          listener.saw(new DebugEvent.HeartbeatArrived(kind), atNanos);
      default -> {} // Reported with its frame.
    }
  }

  /** {@return a failure's message, the provider's words first} */
  public static String headline(Failure failure) {
    var provider = failure.provider().orElse(null);
    String headline = provider == null ? "" : provider.headline();
    return headline.isBlank() ? failure.detail() : headline;
  }

  private void odditiesOf(Frame frame) {
    if (frame.unterminated() && frame.kind() == Frame.Kind.EVENT) {
      odd(Anomaly.UNTERMINATED_EVENT);
    }
    if (frame.kind() == Frame.Kind.UNKNOWN_FIELD) {
      odd(Anomaly.UNKNOWN_FIELD);
    }
    if (frame.invalidBytes() > 0) {
      odd(Anomaly.INVALID_UTF8);
    }
    if (frame.kind() != Frame.Kind.EVENT) {
      return;
    }
    if (startsWith(frame, "data:")) {
      odd(Anomaly.DOUBLE_PREFIX);
    } else if (startsWith(frame, ":")) {
      odd(Anomaly.COMMENT_AS_DATA);
    }
    if (frame.length() <= GLUE_LIMIT && startsWith(frame, "{") && isGlued(frame)) {
      odd(Anomaly.GLUED_EVENTS);
    }
    int hash = hash(frame);
    if (hash == lastHash && startsWith(frame, "{")) {
      odd(Anomaly.REPEATED_EVENT);
    }
    lastHash = hash;
  }

  private static boolean isGlued(Frame frame) {
    byte[] bytes = frame.array();
    for (int i = frame.offset(); i + 1 < frame.offset() + frame.length(); i++) {
      if (bytes[i] == '\n' && bytes[i + 1] == '{') {
        return !Json.isValid(frame.data());
      }
    }
    return false;
  }

  private static boolean startsWith(Frame frame, String text) {
    if (frame.length() < text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (frame.array()[frame.offset() + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int hash(Frame frame) {
    int hash = frame.type().hashCode();
    for (int i = 0; i < frame.length(); i++) {
      hash = 31 * hash + frame.array()[frame.offset() + i];
    }
    return hash;
  }

  private void odd(Anomaly oddity) {
    oddities.merge(oddity, 1, Integer::sum);
  }

  /** {@return whether the protocol's proof was seen, so that nothing more need come} */
  public boolean isProven() {
    return judge != null && judge.isProven();
  }

  public boolean hasLimit() {
    return !limit().isEmpty();
  }

  /** {@return what grew past its limit; empty if nothing did} */
  public String limit() {
    return judge == null ? "" : judge.limit();
  }

  public Map<Anomaly, Integer> oddities() {
    return oddities;
  }

  /** {@return what clients break on, whether or not the answer is whole} */
  public List<ClientBreak> clients(Arrival arrival) {
    return clients.breaks(arrival);
  }

  public AnswerFacts answer() {
    return answer.answer();
  }

  public Reading reading() {
    var ready = judge;
    return tally.reading(
        dialect,
        detectionReason,
        ready != null && ready.isDocument(),
        ready == null ? Proof.OPEN : ready.proof(),
        ready == null ? "" : ready.limit(),
        ready == null ? List.of() : ready.calls(),
        ready == null ? List.of() : ready.warnings());
  }
}
