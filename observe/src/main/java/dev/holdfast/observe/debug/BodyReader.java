package dev.holdfast.observe.debug;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectDetector;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.dialect.Json;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.clients.ClientWatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body by the core's dialects. Until the protocol is told, at most {@link
 * DialectDetector#LOOK_AHEAD} bytes are kept back, with the times of their arrival: what they hold
 * is logged late, but under its own time.
 */
final class BodyReader {
  /** Told what a frame was, with the time at which its last byte arrived. */
  interface Listener {
    void saw(DebugEvent event, long atNanos);

    /** Content of the model arrived. */
    void content(long atNanos);
  }

  private static final int GLUE_LIMIT = 64 << 10;

  private record Piece(ByteBuffer bytes, long atNanos) {}

  private final Listener listener;
  private final BodyTally tally = new BodyTally();
  private final AnswerTally answer = new AnswerTally();
  private final ArrayDeque<Piece> kept = new ArrayDeque<>();
  private final Map<Oddity, Integer> oddities = new EnumMap<>(Oddity.class);
  private byte[] start = new byte[0];
  private String mediaType = "";
  private String dialect = "";
  private String told = "";
  private String limit = "";

  /** The proof so far can be taken back, and the body did not end. */
  private boolean undecided;

  private @Nullable FrameDecoder decoder;
  private @Nullable DialectReader reader;
  private ClientWatch clients = new ClientWatch("");
  private long frameNumber;
  private int lastHash;
  private boolean first = true;

  /**
   * A reader of one body.
   *
   * @param dialect the protocol's id, or null to find out
   * @throws IllegalArgumentException if there is no such protocol
   */
  BodyReader(@Nullable String dialect, Listener listener) {
    this.listener = listener;
    if (dialect != null) {
      decide(dialect, "given");
    }
  }

  void mediaType(String type) {
    mediaType = type;
  }

  /** Takes all remaining bytes of a body without its encodings. */
  void feed(ByteBuffer bytes, long atNanos) {
    if (first && bytes.hasRemaining()) {
      first = false;
      if (bytes.get(bytes.position()) == (byte) 0xEF) {
        odd(Oddity.BYTE_ORDER_MARK);
      }
    }
    var ready = decoder;
    if (ready != null) {
      read(ready, bytes, atNanos);
      return;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    keep(copy, atNanos);
    if (start.length >= DialectDetector.LOOK_AHEAD || endsLine(copy)) {
      detect(start.length >= DialectDetector.LOOK_AHEAD);
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

  private void detect(boolean last) {
    var found = DialectDetector.detect(start, mediaType);
    // Whether DashScope's texts add up is told by several events.
    boolean sure =
        !found.reason().startsWith("assumed") && !found.dialect().startsWith("dashscope");
    if (last || sure) {
      decide(
          Dialects.ids().contains(found.dialect()) ? found.dialect() : "openai-chat",
          found.reason());
      start = new byte[0];
      while (!kept.isEmpty()) {
        var piece = kept.poll();
        read(decoder(), piece.bytes(), piece.atNanos());
      }
    }
  }

  private void decide(String id, String reason) {
    dialect = id;
    told = reason;
    var protocol = Dialects.byId(id);
    decoder = protocol.newDecoder(FrameLimits.DEFAULT);
    reader = protocol.newReader(CompletionPolicy.STRICT);
    clients = new ClientWatch(id);
  }

  private FrameDecoder decoder() {
    if (decoder == null) {
      throw new IllegalStateException("decoder: must be there, was missing");
    }
    return decoder;
  }

  private DialectReader reader() {
    if (reader == null) {
      throw new IllegalStateException("reader: must be there, was missing");
    }
    return reader;
  }

  private void read(FrameDecoder ready, ByteBuffer bytes, long atNanos) {
    if (!limit.isEmpty()) {
      return;
    }
    look(bytes);
    clients.bytes(bytes);
    try {
      ready.feed(bytes);
      drain(ready, atNanos);
    } catch (FrameLimitException e) {
      limit = String.valueOf(e.getMessage());
    }
  }

  private void look(ByteBuffer bytes) {
    if (!oddities.containsKey(Oddity.CRLF)) {
      for (int i = bytes.position(); i < Math.min(bytes.limit(), bytes.position() + 4096); i++) {
        if (bytes.get(i) == '\r') {
          odd(Oddity.CRLF);
          return;
        }
      }
    }
  }

  /**
   * Says that the body has ended.
   *
   * @param proper whether it may have ended there: a proof that can be taken back counts only then
   */
  void end(long atNanos, boolean proper) {
    if (decoder == null) {
      detect(true);
    }
    if (limit.isEmpty()) {
      try {
        decoder().endOfInput();
        drain(decoder(), atNanos);
      } catch (FrameLimitException e) {
        limit = String.valueOf(e.getMessage());
      }
    }
    clients.end();
    undecided = !proper && reader().proof() == Proof.TENTATIVE;
    boolean before = reader().proof().isProven();
    var proof = reader().end(event -> heard(event, before, atNanos));
    if (proof.isProven() && !before && !undecided) {
      listener.saw(new DebugEvent.Completed(tally.finish()), atNanos);
    }
  }

  private Proof proof() {
    return undecided ? Proof.TENTATIVE : reader == null ? Proof.OPEN : reader.proof();
  }

  private void drain(FrameDecoder ready, long atNanos) {
    for (var frame = ready.poll(); frame != null; frame = ready.poll()) {
      frame(frame, atNanos);
    }
  }

  private void frame(Frame frame, long atNanos) {
    boolean proven = reader().proof().isProven();
    boolean closed = reader().proof().isClosed();
    frameNumber++;
    tally.begin(frame.kind());
    odditiesOf(frame);
    clients.frame(frame);
    // The numbers of what happens inside are known first; they are told behind the frame itself.
    var inside = new ArrayDeque<StreamEvent>();
    reader().read(frame, inside::add);
    inside.forEach(tally::accept);
    inside.forEach(answer::accept);
    answer.frame(dialect, frame, inside.stream().anyMatch(AnswerTally::isUnderstood));
    if (closed && inside.stream().anyMatch(StreamEvent::isContent)) {
      odd(Oddity.CONTENT_AFTER_END);
    }
    listener.saw(
        new DebugEvent.FrameArrived(
            frameNumber,
            frame.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            frame.type(),
            frame.length(),
            tally.frameHasContent(),
            tally.frameFinish(),
            tally.frameText().isEmpty()
                ? Preview.of(frame.array(), frame.offset(), frame.length())
                : tally.frameText()),
        atNanos);
    if (tally.frameHasContent()) {
      listener.content(atNanos);
    }
    inside.forEach(event -> tell(event, proven, atNanos));
    if (!proven && reader().proof().isProven()) {
      listener.saw(new DebugEvent.Completed(tally.finish()), atNanos);
    }
  }

  private void heard(StreamEvent event, boolean proven, long atNanos) {
    tally.accept(event);
    answer.accept(event);
    tell(event, proven, atNanos);
  }

  private void tell(StreamEvent event, boolean proven, long atNanos) {
    switch (event) {
      case StreamEvent.FrameRejected(Failure failure) -> {
        tally.rejected(failure, proven);
        listener.saw(
            new DebugEvent.ParseFailed(frameNumber, failure.cause(), failure.detail()), atNanos);
      }
      case StreamEvent.ErrorReported(Failure failure) ->
          listener.saw(
              new DebugEvent.ErrorArrived(failure.cause(), Preview.of(headline(failure))), atNanos);
      case StreamEvent.Heartbeat(String kind) ->
          listener.saw(new DebugEvent.HeartbeatArrived(kind), atNanos);
      default -> {} // Told with its frame.
    }
  }

  /** {@return what a failure says, the provider's words first} */
  static String headline(Failure failure) {
    var provider = failure.provider();
    String said = provider == null ? "" : provider.headline();
    return said.isBlank() ? failure.detail() : said;
  }

  private void odditiesOf(Frame frame) {
    if (frame.unterminated() && frame.kind() == Frame.Kind.EVENT) {
      odd(Oddity.UNTERMINATED_EVENT);
    }
    if (frame.kind() == Frame.Kind.UNKNOWN_FIELD) {
      odd(Oddity.UNKNOWN_FIELD);
    }
    if (frame.invalidBytes() > 0) {
      odd(Oddity.INVALID_UTF8);
    }
    if (frame.kind() != Frame.Kind.EVENT) {
      return;
    }
    if (startsWith(frame, "data:")) {
      odd(Oddity.DOUBLE_PREFIX);
    } else if (startsWith(frame, ":")) {
      odd(Oddity.COMMENT_AS_DATA);
    }
    if (frame.length() <= GLUE_LIMIT && startsWith(frame, "{") && isGlued(frame)) {
      odd(Oddity.GLUED_EVENTS);
    }
    int hash = hash(frame);
    if (hash == lastHash && startsWith(frame, "{")) {
      odd(Oddity.REPEATED_EVENT);
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

  private void odd(Oddity oddity) {
    oddities.merge(oddity, 1, Integer::sum);
  }

  /** {@return whether the protocol's proof was seen, so that nothing more need come} */
  boolean isProven() {
    return proof().isProven();
  }

  boolean hasLimit() {
    return !limit.isEmpty();
  }

  Map<Oddity, Integer> oddities() {
    return oddities;
  }

  /** {@return what clients break on, whether or not the answer is whole} */
  List<ClientBreak> clients() {
    return clients.breaks();
  }

  Answer answer() {
    return answer.answer();
  }

  Reading reading() {
    var reading = tally.reading();
    return new Reading(
        dialect,
        told,
        proof(),
        reading.finishes(),
        reading.error(),
        reading.rejection(),
        limit,
        reading.frames(),
        reading.contentFrames(),
        reading.heartbeats(),
        reading.parseErrors(),
        reading.textChars(),
        reading.toolCalls(),
        reading.brokenToolCalls(),
        reading.usage());
  }
}
