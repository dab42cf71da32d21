package dev.holdfast.core.dialect;

import dev.holdfast.core.dialect.DialectDetector.Detection;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the first events of an event stream say about who sends them. */
final class SseTells {
  private static final Pattern COHERE =
      Pattern.compile("(message|content|tool-call|citation)-(start|end|delta)|tool-plan-delta");

  /**
   * What an event says.
   *
   * @param sure whether no other protocol has such an event; if not, a later event may know better
   */
  record Tell(Detection detection, boolean sure) {
    static Tell sure(String dialect, String reason) {
      return new Tell(new Detection(dialect, reason), true);
    }

    static Tell guess(String dialect, String reason) {
      return new Tell(new Detection(dialect, reason), false);
    }
  }

  private final SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
  private final DashScopeTells dashScope = new DashScopeTells();
  private @Nullable Detection sure;
  private @Nullable Detection guess;

  private SseTells() {}

  static Detection of(byte[] bytes) {
    var tells = new SseTells();
    tells.decoder.feed(ByteBuffer.wrap(bytes));
    tells.drain();
    tells.decoder.endOfInput();
    tells.drain();
    if (tells.sure != null) {
      return tells.sure;
    }
    var told = tells.dashScope.told();
    if (told != null) {
      return told;
    }
    return tells.guess != null
        ? tells.guess
        : new Detection("openai-chat", "assumed: no frame tells");
  }

  private void drain() {
    for (var frame = decoder.poll(); frame != null && sure == null; frame = decoder.poll()) {
      frame(frame);
    }
  }

  private void frame(Frame frame) {
    if (frame.kind() == Frame.Kind.UNKNOWN_FIELD && frame.type().equals("error")) {
      guess(new Detection("openai-chat", "a field named error, as llama.cpp sends"));
    }
    if (frame.kind() != Frame.Kind.EVENT) {
      return;
    }
    String data = frame.data().strip();
    if (!data.startsWith("{")) {
      data = data.substring(Math.max(0, data.indexOf('{'))); // A prefix sent twice, or an array.
    }
    if (!data.startsWith("{")) {
      return;
    }
    var json = object(data);
    if (dashScope.take(json)) {
      return;
    }
    var tell = tell(json, frame.type());
    if (tell != null && tell.sure()) {
      sure = tell.detection();
    } else if (tell != null) {
      guess(tell.detection());
    }
  }

  private void guess(Detection detection) {
    guess = guess == null ? detection : guess;
  }

  /** {@return an object's members, as far as they can be read} */
  static Json.Obj object(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return Json.parseAll(bytes, 0, bytes.length).getFirst() instanceof Json.Obj object
          ? object
          : new Json.Obj(Map.of());
    } catch (Json.MalformedException e) {
      return Outline.of(text); // Cut by the look-ahead, or broken.
    }
  }

  /**
   * {@return what an object says, or null}
   *
   * @param eventType the event's name; counts where the object has no {@code type}
   */
  static @Nullable Tell tell(Json.Obj json, String eventType) {
    String type = json.text("type").isEmpty() ? eventType : json.text("type");
    var byType = byType(json, type);
    return byType != null ? byType : byMembers(json, type);
  }

  private static @Nullable Tell byType(Json.Obj json, String type) {
    String named = "an event of type " + ErrorValues.cap(type, 64);
    if (type.startsWith("response.")) {
      return Tell.sure("openai-responses", named);
    }
    if (json.get("sequence_number") != null && !json.text("type").isEmpty()) {
      return Tell.sure("openai-responses", "a member named sequence_number");
    }
    if (!json.text("event_type").isEmpty() || type.startsWith("interaction.")) {
      return Tell.sure("gemini-interactions", "an event_type, as Gemini Interactions sends");
    }
    if (type.startsWith("message_") || type.startsWith("content_block_")) {
      return Tell.sure("anthropic-messages", named);
    }
    if (COHERE.matcher(type).matches()) {
      return Tell.sure("cohere-v2", named);
    }
    if (json.text("type").equals("ping")) {
      return Tell.guess("anthropic-messages", named);
    }
    return json.text("type").equals("error") && json.object("error") != null
        ? Tell.guess("anthropic-messages", "an error in Anthropic's wrapper")
        : null;
  }

  private static @Nullable Tell byMembers(Json.Obj json, String type) {
    var wrapped = json.object("response");
    for (var name : List.of("candidates", "promptFeedback", "usageMetadata")) {
      if (json.get(name) != null || (wrapped != null && wrapped.get(name) != null)) {
        return Tell.sure("gemini-sse", "a member named " + name);
      }
    }
    if (json.object("token") != null) {
      return Tell.sure("tgi-native", "a member named token");
    }
    if (json.get("error_type") != null) {
      return Tell.guess("tgi-native", "a member named error_type");
    }
    if (json.get("choices") != null) {
      return choices(json);
    }
    if (json.members().size() == 1 && json.get("value") instanceof Json.Str) {
      return Tell.guess("openai-completions", "a value per event, as Writer's completions send");
    }
    if (isOfGoogle(json.object("error"))) {
      return Tell.guess("gemini-sse", "an error as Google writes it");
    }
    for (var name : List.of("error", "base_resp")) {
      if (json.get(name) != null) {
        return Tell.guess("openai-chat", "a member named " + name);
      }
    }
    return json.text("object").equals("error") || type.equals("error")
        ? Tell.guess("openai-chat", "an error without a wrapper")
        : null;
  }

  private static Tell choices(Json.Obj json) {
    String object = json.text("object");
    var array = json.array("choices");
    var items = array == null ? List.<Json>of() : array.items();
    for (var item : items) {
      if (item instanceof Json.Obj choice) {
        if (choice.get("delta") == null && choice.get("message") == null) {
          if (choice.get("text") != null || object.equals("text_completion")) {
            return Tell.sure("openai-completions", "a choice with a text and no delta");
          }
        } else {
          return Tell.sure("openai-chat", "a member named choices");
        }
      }
    }
    if (object.equals("text_completion")) {
      return Tell.sure("openai-completions", "an object of kind text_completion");
    }
    return object.equals("chat.completion.chunk")
        ? Tell.sure("openai-chat", "a member named choices")
        : Tell.guess("openai-chat", "a member named choices");
  }

  /** {@return whether an error has a number for a code and a name for a status} */
  static boolean isOfGoogle(Json.@Nullable Obj error) {
    return error != null
        && error.get("code") instanceof Json.Num
        && error.text("status").matches("[A-Z_]{2,64}");
  }
}
