package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.TokenMeter;
import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.tools.ToolCallAssembler;
import dev.holdfast.core.usage.OutputTally;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a model, over all the attempts that bring a part of it. Mostly one; more where the
 * provider keeps it and hands out the rest.
 */
final class Generation {
  /** Several events: no other place of an answer looks like them. */
  private static final int PROOF_BYTES = 1024;

  private static final long HASH_BASE = 0x9E3779B97F4A7C15L;

  /** Number of the attempt that began it. */
  final int number;

  /** Whether it began where the answer begins. */
  final boolean fromTheStart;

  final DialectReader reader;
  final ToolCallAssembler toolCalls = new ToolCallAssembler();
  final TokenMeter meter = new TokenMeter();
  final OutputTally output = new OutputTally();
  final SortedMap<Integer, Finish> finishes = new TreeMap<>();

  /** Under which name the provider keeps its bytes; null where it counts events. */
  private final @Nullable String name;

  /** The provider's id of it before another body came, which may be of another one. */
  private @Nullable String id;

  private long bytes;

  /** Bytes up to the end of the last frame that was whole. */
  private long completeFrameBytes;

  /** What the bytes that came hash to, and those up to {@link #completeFrameBytes}. */
  private long hash;

  private long wholeHash;

  /** How many bytes have come again where all are to, and what they hash to. */
  private long again = Long.MAX_VALUE;

  private long hashAgain;

  private int lineBytes = 1;

  /** The last bytes that came. */
  private byte[] recent = new byte[0];

  /** The last bytes before {@link #completeFrameBytes}: what comes again must begin with them. */
  private byte[] tail = new byte[0];

  /** How many of them have come again; all of them where nothing is to be repeated. */
  private int repeated;

  private @Nullable Failure gap;

  /** Whether it failed at the provider: there is no rest of it. */
  private boolean unresumable;

  /** Whether its rest came in another body. */
  private boolean resumed;

  /** Whether content of a resumed body was handed on. */
  private boolean extended;

  /** Whether its provider answered the request for it. */
  private boolean answered;

  /** Whether it ended without a proof, or never began: its provider writes no more at it. */
  private boolean ended;

  /** Whether its provider was asked to stop it: there is no rest of it. */
  private boolean stopped;

  Generation(int number, boolean fromTheStart, DialectReader reader, @Nullable String name) {
    this.number = number;
    this.fromTheStart = fromTheStart;
    this.reader = reader;
    this.name = name;
  }

  /** {@return where its rest is available, or null} */
  @Nullable Cursor cursor() {
    if (unresumable || stopped) {
      return null;
    }
    return name == null
        ? reader.cursor()
        : new Cursor(name, Long.toString(repeatsItself() ? 0 : completeFrameBytes - tail.length));
  }

  /** {@return whether its provider keeps its bytes under a name of ours} */
  boolean isNamed() {
    return name != null;
  }

  /** {@return what its provider calls it, or null if that is not known} */
  @Nullable String id() {
    if (id != null) {
      return id;
    }
    var cursor = name == null ? reader.cursor() : null;
    return cursor == null ? name : cursor.generation();
  }

  /**
   * {@return whether bytes of its body may be read; not if they should come again and are others}
   * What came before is taken out. Keep-alives that an intermediary inserts are counted, but not
   * kept by the provider: only bytes that come again prove that both count alike.
   */
  boolean received(ByteBuffer chunk) {
    if (name == null) {
      return true;
    }
    while (again < completeFrameBytes && chunk.hasRemaining()) {
      hashAgain = hashAgain * HASH_BASE + chunk.get();
      if (++again == completeFrameBytes && hashAgain != wholeHash) {
        return false;
      }
    }
    while (repeated < tail.length && chunk.hasRemaining()) {
      if (chunk.get() != tail[repeated++]) {
        return false;
      }
    }
    // A blank line ends a frame.
    int end = -1;
    for (int i = chunk.position(); i < chunk.limit(); i++) {
      bytes++;
      hash = hash * HASH_BASE + chunk.get(i);
      switch (chunk.get(i)) {
        case '\n' -> {
          if (lineBytes == 0) {
            completeFrameBytes = bytes;
            wholeHash = hash;
            end = i + 1;
          }
          lineBytes = 0;
        }
        case '\r' -> {}
        default -> lineBytes++;
      }
    }
    if (end >= 0) {
      tail = last(chunk.slice(chunk.position(), end - chunk.position()));
      repeated = tail.length;
    }
    recent = last(chunk.slice());
    return true;
  }

  /** {@return the last bytes once more have come} */
  private byte[] last(ByteBuffer more) {
    int fresh = Math.min(more.remaining(), PROOF_BYTES);
    int old = Math.min(recent.length, PROOF_BYTES - fresh);
    byte[] last = Arrays.copyOfRange(recent, recent.length - old, recent.length + fresh);
    more.get(more.limit() - fresh, last, old, fresh);
    return last;
  }

  /** A frame with content was read: one that the body ended in need not come again. */
  void read(Frame frame) {
    if (frame.unterminated()) {
      completeFrameBytes = bytes;
      wholeHash = hash;
      tail = recent;
      repeated = tail.length;
    }
  }

  /** Its provider answered the request for it. */
  void answered() {
    answered = true;
  }

  /** {@return whether its provider answered the request for it} */
  boolean isAnswered() {
    return answered;
  }

  /** Its provider writes no more at it: it is whole, broke off, or never began. */
  void ended() {
    ended = true;
  }

  /** {@return whether its provider writes no more at it, as far as its attempts show} */
  boolean isEnded() {
    return ended;
  }

  /** Its provider is asked to stop it. */
  void stopped() {
    stopped = true;
  }

  /** {@return whether its rest came in another body, whose end has still to be confirmed} */
  boolean isUnconfirmed() {
    return resumed && !(reader.continuity() instanceof Continuity.Shown);
  }

  /** The end of a resumed body was not confirmed: what it reported is not believed. */
  void disowned() {
    meter.disown();
  }

  /** Content of a resumed body is handed on. */
  void extended() {
    extended = true;
  }

  /** {@return whether content of a resumed body was handed on} */
  boolean isExtended() {
    return extended;
  }

  /** There is no rest of it: its provider reported an error inside it, or it has its proof. */
  void unresumable() {
    unresumable = true;
  }

  /** An attempt at it failed: whether its rest is still available depends on the cause. */
  void failed(Failure failure) {
    unresumable |=
        switch (failure.cause()) {
          // The rest would break in the same place.
          case LIMIT_EXCEEDED, PROTOCOL_VIOLATION -> true;
          // Kept bytes are as bad as those that came, and everything after them was counted.
          case MALFORMED_FRAME, MALFORMED_JSON -> name != null;
          default -> false;
        };
  }

  /** It was closed without its proof: of kept bytes that was the last. */
  void closed() {
    unresumable |= name != null;
  }

  /** An event that cannot be read was passed over. */
  void passedOver(Failure failure) {
    gap = gap == null ? failure : gap;
  }

  /** {@return whether content was handed on that may not belong to it} */
  boolean isDoubtful() {
    return extended
        && switch (reader.continuity()) {
          case Continuity.Shown shown -> false;
          case Continuity.Numbered numbered -> false;
          case Continuity.Open open -> true;
          case Continuity.Broken broken -> true;
        };
  }

  /** {@return why its first unreadable event was one, or null if every event was read} */
  @Nullable Failure gap() {
    return gap;
  }

  /** Its rest comes in another body. */
  void resumed() {
    resumed = true;
    id = id();
    boolean all = name != null && repeatsItself();
    bytes = completeFrameBytes;
    hash = wholeHash;
    lineBytes = 1;
    recent = tail;
    repeated = all ? tail.length : 0;
    again = all ? 0 : Long.MAX_VALUE;
    hashAgain = 0;
    reader.resumed();
  }

  /**
   * Whether the last bytes look the same some events later, so that they do not identify their
   * place: then all bytes must come again. An end that is also the beginning is short otherwise.
   */
  private boolean repeatsItself() {
    if (tail.length < PROOF_BYTES) {
      return false; // It is all that came.
    }
    int[] border = new int[tail.length];
    int same = 0;
    for (int i = 1; i < tail.length; i++) {
      while (same > 0 && tail[i] != tail[same]) {
        same = border[same - 1];
      }
      same += tail[i] == tail[same] ? 1 : 0;
      border[i] = same;
    }
    return same > tail.length / 4;
  }
}
