package dev.holdfast.core.provider.detect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.Outline;
import dev.holdfast.core.provider.detect.DialectDetector.Detection;
import dev.holdfast.core.provider.errors.ErrorValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the first events of an event stream prove about their sender. */
final class SseSniffer {
  private static final Pattern COHERE =
      Pattern.compile("(message|content|tool-call|citation)-(start|end|delta)|tool-plan-delta");

  /** Gemini Interactions, of both generations. Cohere v1 has an event_type, too. */
  private static final Pattern INTERACTION =
      Pattern.compile("error|(interaction|step|content|thought)s?\\..*");

  /** Names of events that keep a connection alive, in any protocol. */
  private static final Set<String> ALIVE =
      Set.of("ping", "heartbeat", "keepalive", "keep-alive", "keep_alive");

  private static final int MAX_NAME = 64;

  /** How much an event proves. */
  enum Strength {
    /** No other protocol has such an event. */
    SURE,
    /** A later event may know better. */
    GUESS,
    /** A sign of life or an error: also protocols have it that are not known. */
    WEAK
  }

  /** What an event proves. */
  record Tell(Detection detection, Strength strength) {
    static Tell sure(String dialect, String reason) {
      return new Tell(new Detection(dialect, reason), Strength.SURE);
    }

    static Tell guess(String dialect, String reason) {
      return new Tell(new Detection(dialect, reason), Strength.GUESS);
    }

    static Tell weak(String dialect, String reason) {
      return new Tell(new Detection(dialect, reason), Strength.WEAK);
    }
  }

  private final SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
  private final DashScopeSniffer dashScope = new DashScopeSniffer();
  private @Nullable Detection sure;
  private @Nullable Detection guess;
  private @Nullable Detection weak;

  /** Whole events that belong to no known protocol. */
  private int strangers;

  /** How the first of them that has a name names itself, or the first line that is no field. */
  private String stranger = "";

  private boolean binary;

  private static final Detection LLAMA_CPP =
      new Detection("openai-chat", "a field named error, as llama.cpp sends");

  private SseSniffer() {}

  static Detection of(byte[] bytes) {
    var sniffer = new SseSniffer();
    sniffer.decoder.feed(ByteBuffer.wrap(bytes));
    sniffer.drain();
    sniffer.decoder.endOfInput();
    sniffer.drain();
    return sniffer.detection();
  }

  /** {@return the protocol that a whole event proves beyond doubt, or null} */
  static @Nullable Detection sureOf(byte[] bytes) {
    var sniffer = new SseSniffer();
    sniffer.decoder.feed(ByteBuffer.wrap(bytes));
    sniffer.drain();
    return sniffer.sure;
  }

  private Detection detection() {
    if (sure != null) {
      return sure;
    }
    var ofDashScope = dashScope.detection();
    if (ofDashScope != null) {
      return ofDashScope;
    }
    if (guess != null) {
      return guess;
    }
    if (!stranger.isEmpty() || strangers > 1) {
      return new Detection(
          DialectDetector.UNKNOWN,
          (stranger.isEmpty() ? "%d events".formatted(strangers) : stranger)
              + ", which no known protocol has");
    }
    if (weak != null) {
      return weak;
    }
    if (strangers > 0) {
      return new Detection(DialectDetector.UNKNOWN, "assumed: one event, and it has no name");
    }
    return binary
        ? new Detection(DialectDetector.UNKNOWN, "assumed: bytes that are no text")
        : new Detection("openai-chat", "assumed: no frame shows it");
  }

  private void drain() {
    for (var frame = decoder.poll(); frame != null && sure == null; frame = decoder.poll()) {
      frame(frame);
    }
  }

  private void frame(Frame frame) {
    switch (frame.kind()) {
      case EVENT -> event(frame);
      case UNKNOWN_FIELD -> line(frame);
      case COMMENT, EXCEPTION, DAMAGED -> {} // They prove nothing about their sender.
    }
  }

  private void event(Frame frame) {
    String data = frame.data().strip();
    // A prefix sent twice, or an array.
    String text = data.substring(Math.max(0, data.indexOf('{')));
    if (!text.startsWith("{")) {
      strange(frame, data, new Json.Obj(Map.of()));
      return;
    }
    var json = object(text);
    if (dashScope.take(json)) {
      return;
    }
    boolean cut = frame.unterminated() && !Json.isValid(text);
    var tell = sniff(json, frame.type());
    if (tell == null && cut) {
      // A type that is cut is no type; the event's name is whole.
      tell = sniff(new Json.Obj(Map.of()), frame.type());
    }
    if (tell == null) {
      if (!cut) {
        strange(frame, data, json);
      }
    } else {
      take(tell);
    }
  }

  /** A line that is no field of an event stream: damaged, an error, or of something else. */
  private void line(Frame frame) {
    if (frame.type().equals("error")) {
      guess = guess == null ? LLAMA_CPP : guess;
      return;
    }
    String line = frame.data().strip();
    int object = line.indexOf('{');
    var tell = object < 0 ? null : sniff(object(line.substring(object)), "");
    if (tell != null) {
      weak = weak == null ? tell.detection() : weak;
    } else if (!line.isEmpty()
        && "{}[]\",<".indexOf(line.charAt(0)) < 0
        && !isBinary(frame, line)
        && !(frame.unterminated() && mayBecomeField(line))
        && stranger.isEmpty()) {
      stranger = "a line of text that is no event: " + ErrorValues.cap(line, MAX_NAME);
    }
  }

  /** {@return whether a line is no text, which a damaged body can hold in any protocol} */
  private boolean isBinary(Frame frame, String line) {
    boolean is = frame.invalidBytes() > 0 || line.chars().anyMatch(c -> c < ' ' && c != '\t');
    binary |= is;
    return is;
  }

  private static boolean mayBecomeField(String line) {
    return List.of("data", "event", "id", "retry", "error").stream()
        .anyMatch(name -> name.startsWith(line));
  }

  private void take(Tell tell) {
    switch (tell.strength()) {
      case SURE -> sure = tell.detection();
      case GUESS -> guess = guess == null ? tell.detection() : guess;
      case WEAK -> weak = weak == null ? tell.detection() : weak;
    }
  }

  /** An event by which no protocol is known. */
  private void strange(Frame frame, String data, Json.Obj json) {
    String event = frame.type();
    boolean named = !event.equals("message") && !event.equals("error");
    boolean silent =
        data.isEmpty()
            || data.equals("[DONE]")
            || data.startsWith(":")
            || ALIVE.contains(event)
            || ALIVE.contains(json.text("type"));
    if (silent
        || (data.equals("{}") && !named)
        || (frame.unterminated() && !named && !Json.isValid(data))) {
      return;
    }
    // Text without a name may be a server's own words in any protocol; its reader rejects it.
    strangers += named || data.startsWith("{") || strangers == 0 ? 1 : 0;
    String name = named ? "an event named " + ErrorValues.cap(event, MAX_NAME) : nameOf(json);
    stranger = stranger.isEmpty() ? name : stranger;
  }

  /** {@return how an object names its own kind, in a few words; empty if it does not} */
  static String nameOf(Json.Obj json) {
    if (json.get("jsonrpc") != null) {
      return "a message of JSON-RPC";
    }
    for (var member : List.of("type", "event_type", "event", "object", "kind")) {
      if (!json.text(member).isEmpty()) {
        return "an event of %s %s".formatted(member, ErrorValues.cap(json.text(member), MAX_NAME));
      }
    }
    return "";
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
   * {@return what an object proves, or null}
   *
   * @param eventType the event's name; counts where the object has no {@code type}
   */
  static @Nullable Tell sniff(Json.Obj json, String eventType) {
    if (json.get("jsonrpc") != null) {
      return null; // Its errors look like those of other protocols.
    }
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
    if (INTERACTION.matcher(json.text("event_type")).matches() || type.startsWith("interaction.")) {
      return Tell.sure("gemini-interactions", "an event_type, as Gemini Interactions sends");
    }
    if (type.startsWith("message_") || type.startsWith("content_block_")) {
      return Tell.sure("anthropic-messages", named);
    }
    if (COHERE.matcher(type).matches()) {
      return Tell.sure("cohere-v2", named);
    }
    if (json.text("type").equals("ping")) {
      return Tell.weak("anthropic-messages", named);
    }
    return json.text("type").equals("error") && json.object("error") != null
        ? Tell.weak("anthropic-messages", "an error in Anthropic's wrapper")
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
    if (json.get("stop") instanceof Json.Bool && json.get("content") instanceof Json.Str) {
      return Tell.sure("llama-completion", "a content with a stop that is true or false");
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
      return Tell.weak("gemini-sse", "an error as Google writes it");
    }
    for (var name : List.of("error", "base_resp")) {
      if (json.get(name) != null) {
        return Tell.weak("openai-chat", "a member named " + name);
      }
    }
    if (json.text("object").startsWith("chat.completion")) {
      return Tell.guess("openai-chat", "an object of kind chat.completion");
    }
    return json.text("object").equals("error") || type.equals("error")
        ? Tell.weak("openai-chat", "an error without a wrapper")
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
