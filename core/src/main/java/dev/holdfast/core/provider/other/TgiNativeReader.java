package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.stream.StreamEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads the tokens of Text Generation Inference.
 *
 * <p>Proof: an event whose {@code generated_text} is not null. Quirks and their sources:
 * docs/dialects.md.
 */
public final class TgiNativeReader extends DocumentReader {
  private final ChatChoice answer = new ChatChoice(0);
  private boolean done;

  public TgiNativeReader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.PROOF);
  }

  @Override
  public void read(Json.Obj json, String type) {
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      var words = new LinkedHashMap<String, Json>();
      words.put("message", error);
      words.put("type", orNull(json, "error_type"));
      fail(new Json.Obj(words));
      return;
    }
    if (type.equals("error")) {
      fail(json);
      return;
    }
    var token = part(json, "token");
    if (isNoObject(json, "token") || isNoText(token, "text")) {
      reject("token: must be an object with a text, was another");
      return;
    }
    start("", "");
    // Special tokens, such as the one for the end, are no text.
    if (!token.has("special")) {
      answer.content(token.text("text"), this::emit);
    }
    var whole = json.get("generated_text");
    if (whole != null && !(whole instanceof Json.Null)) {
      done(part(json, "details"));
    }
  }

  /** The whole text comes again with the last token; the tokens contained it. */
  private void done(Json.Obj details) {
    if (details.hasValue()) {
      usage(
          details.number("input_length", -1),
          details.number("generated_tokens", -1),
          new Json.Obj(Map.of("generated_tokens", orNull(details, "generated_tokens"))));
    }
    finish(answer, details.text("finish_reason"));
    flush(this::emit);
    done = true;
  }

  private static Json orNull(Json.Obj json, String name) {
    var value = json.get(name);
    return value == null ? Json.Null.VALUE : value;
  }

  @Override
  public boolean isProven() {
    return done;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    answer.flush(out);
  }
}
