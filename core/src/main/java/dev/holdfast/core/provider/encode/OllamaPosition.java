package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;
import org.jspecify.annotations.Nullable;

/** The place in a body of Ollama's lines: the model that each of them names. */
final class OllamaPosition extends BodyPosition {
  private static final int MAX_LOOKS = 16;

  private String model = "";
  private int looks;
  private boolean afterCr;

  OllamaPosition() {
    super(null);
  }

  /** Blank lines are left out: ollama-python takes each line for a document. */
  @Override
  public byte @Nullable [] mended(byte[] bytes, int from, int to) {
    int at = from;
    if (afterCr && at < to && bytes[at] == '\n') {
      at++; // The second half of a line end.
    }
    int start = at;
    while (at < to && isSpace(bytes[at])) {
      at++;
    }
    afterCr = to > from && bytes[to - 1] == '\r';
    if (at == start || lineStart(bytes, start, at) == start) {
      return null;
    }
    int line = at == to ? to : lineStart(bytes, start, at);
    byte[] rest = new byte[start - from + to - line];
    System.arraycopy(bytes, from, rest, 0, start - from);
    System.arraycopy(bytes, line, rest, start - from, to - line);
    return rest;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  /** {@return where the line begins that has the byte at {@code at}} */
  private static int lineStart(byte[] bytes, int from, int at) {
    int start = at;
    while (start > from && bytes[start - 1] != '\n' && bytes[start - 1] != '\r') {
      start--;
    }
    return start;
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    if (!model.isEmpty() || looks == MAX_LOOKS) {
      return;
    }
    var json = RawFrame.line(bytes, from, to);
    if (json != null) {
      looks++;
      model = json.text("model");
    }
  }

  /** Clients take a line for one document, and lose what follows it there. */
  @Override
  public boolean isStrict(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && isSpace(bytes[at])) {
      at++;
    }
    if (at < to && bytes[at] == '[') {
      return false; // Clients take the line for the document itself.
    }
    return !isGlued(bytes, from, to) || RawFrame.line(bytes, from, to) != null;
  }

  /** {@return whether an object may begin where another one has ended} */
  private static boolean isGlued(byte[] bytes, int from, int to) {
    boolean closed = false;
    for (int at = from; at < to; at++) {
      byte b = bytes[at];
      if (closed && b == '{') {
        return true;
      }
      closed = b == '}' || (closed && (b == ' ' || b == '\t'));
    }
    return false;
  }

  @Override
  public boolean isWholeAtEnd(byte[] bytes, int from, int to) {
    return RawFrame.isWholeAtEnd(new LineDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    return new OllamaEncoder(named(head, null, model, 0));
  }
}
