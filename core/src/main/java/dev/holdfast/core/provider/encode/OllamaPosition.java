package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;

/** The place in a body of Ollama's lines: the model that each of them names. */
final class OllamaPosition extends BodyPosition {
  private static final int MAX_LOOKS = 16;

  private String model = "";
  private int looks;

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

  @Override
  public boolean isStrict(byte[] bytes, int from, int to) {
    return true;
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
