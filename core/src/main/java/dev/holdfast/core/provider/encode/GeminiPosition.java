package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.stream.ToolCall;
import java.util.List;

/** The place in a body of Gemini's chunks: the names that all of them repeat. */
final class GeminiPosition extends BodyPosition {
  private static final int MAX_LOOKS = 16;

  private String id = "";
  private String model = "";
  private int looks;

  GeminiPosition() {
    super(new SseMender(SseMender.Clients.OF_GEMINI));
  }

  @Override
  public boolean showsCalls(byte[] bytes, int from, int to, List<ToolCall> calls) {
    return GeminiShownCalls.are(RawFrame.all(bytes, from, to), calls);
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    if ((!id.isEmpty() && !model.isEmpty()) || looks == MAX_LOOKS) {
      return;
    }
    var json = RawFrame.json(bytes, from, to);
    if (json == null) {
      return;
    }
    looks++;
    id = id.isEmpty() ? json.text("responseId") : id;
    model = model.isEmpty() ? json.text("modelVersion") : model;
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    return new GeminiEncoder(named(head, id, model, 0));
  }
}
