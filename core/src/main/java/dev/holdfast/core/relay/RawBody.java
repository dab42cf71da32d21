package dev.holdfast.core.relay;

import dev.holdfast.core.engine.FrameListener.Hold;
import dev.holdfast.core.provider.encode.BodyPosition;
import dev.holdfast.core.stream.ToolCall;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/** The bytes of one attempt that have arrived and not left, with the places of its whole frames. */
final class RawBody {
  private static final byte[] NOTHING = {};
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /** An emptied buffer larger than this is released: most frames are a few hundred bytes. */
  private static final int KEPT_CAPACITY = 8 << 10;

  final int attempt;
  final BodyPosition position;

  /** Frames that are whole and wait. */
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(1);

  private byte[] own = NOTHING;

  // Bytes that have arrived and not left: in the chunk that is being read, or in `own`.
  private byte[] bytes = NOTHING;
  private int from;
  private int to;

  /** Which byte of the body is at {@link #from}. */
  private long left;

  /** The end of the last whole frame, and the one before it. */
  private long whole;

  private long previous;
  private boolean marked;

  /** A frame that waits: up to where it goes, and how much text came before it. */
  private record Waiting(long end, Hold hold, boolean closing, long textBefore) {}

  /** Takes bytes that leave. */
  interface Out {
    void write(byte[] bytes, int from, int to);
  }

  RawBody(int attempt, BodyPosition position) {
    this.attempt = attempt;
    this.position = position;
  }

  /** Shows a chunk, which is read in place as far as nothing is kept from before. */
  void arrived(ByteBuffer chunk) {
    int count = chunk.remaining();
    if (from == to && chunk.hasArray()) {
      bytes = chunk.array();
      from = chunk.arrayOffset() + chunk.position();
      to = from + count;
      return;
    }
    reserve(count);
    chunk.duplicate().get(own, to, count);
    to += count;
  }

  /** The chunk is about to be gone: what has not left is kept. */
  @SuppressWarnings("ReferenceEquality") // The array itself is meant.
  void keep() {
    if (from == to) {
      bytes = own = own.length > KEPT_CAPACITY ? NOTHING : own;
      from = 0;
      to = 0;
    } else if (bytes != own) {
      byte[] chunk = bytes;
      int start = from;
      int count = to - from;
      bytes = own;
      from = 0;
      to = 0;
      reserve(count);
      System.arraycopy(chunk, start, own, 0, count);
      to = count;
    }
  }

  /** Makes room for more in {@code own}, which holds all that has not left. */
  private void reserve(int more) {
    int length = to - from;
    if (own.length - to < more || bytes.length == 0) {
      byte[] larger = own;
      if (own.length < length + more) {
        larger = new byte[Math.max(512, length + more + (length + more) / 2)];
      }
      System.arraycopy(bytes, from, larger, 0, length);
      own = larger;
      from = 0;
      to = length;
    }
    bytes = own;
  }

  /** {@return how many bytes wait} */
  int size() {
    return to - from;
  }

  /** {@return whether a whole frame of it was ever seen} */
  boolean isMarked() {
    return marked;
  }

  /** {@return whether a frame that is whole now only ends what came before} */
  boolean frame(long end, Hold hold, long textBefore) {
    if (!marked) {
      skipByteOrderMark();
    }
    marked = true;
    boolean closing = hold == Hold.NONE && position.isClosing(bytes, at(whole), at(end));
    waiting.add(new Waiting(end, hold, closing, textBefore));
    previous = whole;
    whole = end;
    return closing;
  }

  /** It never leaves: clients that are strict lose the first event with it. */
  private void skipByteOrderMark() {
    int length = BYTE_ORDER_MARK.length;
    if (Arrays.equals(bytes, from, Math.min(to, from + length), BYTE_ORDER_MARK, 0, length)) {
      from += length;
      left += length;
      whole = left;
    }
  }

  /** {@return whether the last frame reads the same to clients that are strict} */
  boolean isStrict() {
    return position.isStrict(bytes, at(previous), at(whole));
  }

  private int at(long place) {
    return from + (int) (place - left);
  }

  /** Everything before the last frame leaves. */
  void releaseEarlier(boolean hidesUsage, Out out) {
    while (waiting.size() > 1) {
      leave(waiting.remove(), hidesUsage, out);
    }
  }

  /** Everything that is whole leaves. */
  void release(boolean hidesUsage, Out out) {
    while (!waiting.isEmpty()) {
      leave(waiting.remove(), hidesUsage, out);
    }
  }

  /** Leaves as far as nothing has to wait for the end. */
  void releaseOpening(boolean hidesUsage, Out out) {
    while (!waiting.isEmpty()
        && !waiting.getFirst().closing()
        && (waiting.getFirst().hold() == Hold.NONE || waiting.getFirst().hold() == Hold.SKIPPED)) {
      leave(waiting.remove(), hidesUsage, out);
    }
  }

  private void leave(Waiting frame, boolean hidesUsage, Out out) {
    int end = at(frame.end());
    boolean usage = hidesUsage && position.mayShowUsage(bytes, from, end);
    boolean hidden =
        frame.hold() == Hold.SKIPPED || (usage && position.isUsageAlone(bytes, from, end));
    if (!hidden) {
      position.passed(bytes, from, end, frame.textBefore());
      byte[] changed = usage ? position.withoutUsage(bytes, from, end) : null;
      byte[] shown = changed == null ? bytes : changed;
      int start = changed == null ? from : 0;
      int length = changed == null ? end - from : changed.length;
      byte[] mended = position.mended(shown, start, start + length);
      if (mended == null) {
        out.write(shown, start, start + length);
      } else {
        out.write(mended, 0, mended.length);
      }
    }
    left = frame.end();
    from = end;
  }

  /** Writes what follows the last whole frame, if it is nothing but space. */
  void releaseSpace(Out out) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') {
        return;
      }
    }
    if (from < to) {
      out.write(bytes, from, to);
      left += to - from;
      from = to;
    }
  }

  /** {@return whether a strict client assembles these calls from the frames that wait} */
  boolean showsCalls(List<ToolCall> calls) {
    return position.showsCalls(bytes, from, at(whole), calls);
  }

  /** {@return whether what could be read of the body's last frame is whole} */
  boolean endsWhole() {
    return position.isWholeAtEnd(bytes, at(previous), at(whole));
  }

  /** The last frame never leaves. */
  void dropLast() {
    var last = waiting.pollLast();
    if (last != null) {
      waiting.add(new Waiting(last.end(), Hold.SKIPPED, false, last.textBefore()));
    }
  }

  /** {@return whether the body ended inside a line} */
  boolean endsInLine() {
    return whole > left && bytes[at(whole) - 1] != '\n';
  }

  /** {@return whether the body ended inside a block of server-sent events that has data} */
  boolean endsInBlock() {
    int start = at(previous);
    int end = at(whole);
    return start >= 0 && start < end && !isBlankLineAt(bytes, start, end) && hasData(start, end);
  }

  private boolean hasData(int start, int end) {
    String frame =
        new String(bytes, start, end - start, java.nio.charset.StandardCharsets.ISO_8859_1);
    return frame.startsWith("data") || frame.contains("\ndata") || frame.contains("\rdata");
  }

  private static boolean isBlankLineAt(byte[] bytes, int start, int end) {
    int at = end - 1;
    boolean feed = bytes[at] == '\n';
    if (!feed && bytes[at] != '\r') {
      return false;
    }
    if (feed && at > start && bytes[at - 1] == '\r') {
      at--;
    }
    return at - 1 >= start && (bytes[at - 1] == '\n' || bytes[at - 1] == '\r');
  }
}
