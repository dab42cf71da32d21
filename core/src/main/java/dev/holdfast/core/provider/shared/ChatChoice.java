package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.SurrogateBuffer;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.function.Consumer;

/** One choice of a chat completion: its text on the way out, and its finish. */
public final class ChatChoice {
  private final int index;
  private final SurrogateBuffer content = new SurrogateBuffer();
  private final SurrogateBuffer reasoning = new SurrogateBuffer();
  private final SurrogateBuffer refusal = new SurrogateBuffer();
  private String finish = "";
  private boolean refused;

  public ChatChoice(int index) {
    this.index = index;
  }

  /** {@return whether half a character is held back} */
  public boolean isHolding() {
    return content.isHolding() || reasoning.isHolding() || refusal.isHolding();
  }

  public int index() {
    return index;
  }

  /** {@return the last finish reason as the provider wrote it, or empty} */
  public String finish() {
    return finish;
  }

  /** Hands on the texts of a delta. */
  public void delta(Json.Obj delta, Consumer<? super StreamEvent> out) {
    String thought = delta.text("reasoning_content");
    // Some servers send both fields with the same text: the first one counts.
    reasoning(thought.isEmpty() ? delta.text("reasoning") : thought, out);
    var content = delta.get("content");
    if (content instanceof Json.Str(String text)) {
      content(text, out);
    } else if (content instanceof Json.Arr(var parts)) {
      parts.forEach(part -> part(part, out));
    }
    String refusalText = refusal.take(delta.text("refusal"));
    if (!refusalText.isEmpty()) {
      refused = true;
      out.accept(new StreamEvent.RefusalDelta(index, refusalText));
    }
    if (delta.has("audio")) {
      out.accept(new StreamEvent.Opaque("audio"));
    }
  }

  /** Magistral sends content as typed parts. */
  private void part(Json part, Consumer<? super StreamEvent> out) {
    if (!(part instanceof Json.Obj object)) {
      return;
    }
    switch (object.text("type")) {
      case "text" -> content(object.text("text"), out);
      case "thinking" -> {
        reasoning(object.text("thinking"), out);
        var thoughts = object.array("thinking");
        if (thoughts != null) {
          for (var thought : thoughts.items()) {
            if (thought instanceof Json.Obj words) {
              reasoning(words.text("text"), out);
            }
          }
        }
      }
      default -> out.accept(new StreamEvent.Opaque("content-part"));
    }
  }

  public void content(String text, Consumer<? super StreamEvent> out) {
    String ready = content.take(text);
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(index, ready));
    }
  }

  public void reasoning(String text, Consumer<? super StreamEvent> out) {
    String ready = reasoning.take(text);
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(index, ready));
    }
  }

  /** Records a finish reason and hands on what was held back. */
  public Finish finish(String raw, Consumer<? super StreamEvent> out) {
    flush(out);
    finish = raw;
    var read = Finishes.of(raw);
    // A refusal is streamed with finish "stop" and no content at all.
    return refused && read.reason() == Finish.Reason.STOP
        ? new Finish(Finish.Reason.REFUSAL, raw)
        : read;
  }

  /** Hands on halves of characters whose other half will not come. */
  public void flush(Consumer<? super StreamEvent> out) {
    String text = content.rest();
    if (!text.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(index, text));
    }
    String thought = reasoning.rest();
    if (!thought.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(index, thought));
    }
    String no = refusal.rest();
    if (!no.isEmpty()) {
      out.accept(new StreamEvent.RefusalDelta(index, no));
    }
  }
}
