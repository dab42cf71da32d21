package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.stream.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The place in Gemini's array: the names that its elements repeat, and whether it is closed. */
final class GeminiArrayPosition extends BodyPosition {
  private static final byte[] CLOSING = "\n]\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_LOOKS = 16;

  private String id = "";
  private String model = "";
  private int looks;
  private boolean begun;
  private boolean closed;

  /** Whether the bracket has come. */
  private boolean inArray;

  /** Whether the bracket that is still to come has left already. */
  private boolean opened;

  GeminiArrayPosition() {
    super(null);
  }

  /** One document without an array is what some servers send in place of one. */
  @Override
  public boolean isStrict(byte[] bytes, int from, int to) {
    int at = begun ? to : firstByte(bytes, from, to);
    inArray |= at < to && bytes[at] == '[';
    return inArray || begun || at == to;
  }

  private static int firstByte(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] <= ' ' && bytes[at] >= 0) {
      at++;
    }
    return at;
  }

  @Override
  public boolean isWholeAtEnd(byte[] bytes, int from, int to) {
    return RawFrame.isWholeAtEnd(new JsonArrayDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  @Override
  public boolean showsCalls(byte[] bytes, int from, int to, List<ToolCall> calls) {
    return GeminiShownCalls.are(
        RawFrame.all(new JsonArrayDecoder(FrameLimits.DEFAULT), bytes, from, to), calls);
  }

  @Override
  public void openedBefore() {
    opened = true;
  }

  @Override
  public byte @Nullable [] mended(byte[] bytes, int from, int to) {
    if (!opened) {
      return null;
    }
    int at = firstByte(bytes, from, to);
    if (at == to || bytes[at] != '[') {
      return null;
    }
    opened = false;
    return Arrays.copyOfRange(bytes, at + 1, to);
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    begun |= to > from;
    closed |= to > from && bytes[to - 1] == ']';
    if ((!id.isEmpty() && !model.isEmpty()) || looks == MAX_LOOKS) {
      return;
    }
    var json = RawFrame.element(bytes, from, to);
    if (json == null) {
      return;
    }
    looks++;
    id = id.isEmpty() ? json.text("responseId") : id;
    model = model.isEmpty() ? json.text("modelVersion") : model;
  }

  @Override
  public boolean isMarked() {
    return closed;
  }

  @Override
  public byte[] marker() {
    return CLOSING.clone();
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    var encoder = new GeminiEncoder(named(head, id, model, 0), true);
    if (begun) {
      encoder.resume();
    }
    return encoder;
  }
}
