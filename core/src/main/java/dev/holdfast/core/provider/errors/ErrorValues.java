package dev.holdfast.core.provider.errors;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads providers' reports of their failures, in all their shapes. */
public final class ErrorValues {
  private static final int MAX_RAW = 64 << 10;
  private static final int MAX_NAME = 256;
  private static final int MAX_MESSAGE = 4 << 10;

  private ErrorValues() {}

  /** {@return whether a document as a whole reports an error} */
  public static boolean isError(Json.Obj json) {
    var base = json.object("base_resp");
    return json.has("error")
        || json.text("object").equals("error")
        || json.text("type").equals("error")
        || (base != null && base.has("status_code"));
  }

  /** {@return that a server broke the rules of its protocol, as an error of its own} */
  public static Failure violation(String sentence) {
    var words = new LinkedHashMap<String, Json>();
    words.put("type", new Json.Str("protocol_violation"));
    words.put("message", new Json.Str(sentence));
    var error = new ProviderError("protocol_violation", "", sentence, new Json.Obj(words).write());
    return Failure.builder(Cause.PROTOCOL_VIOLATION, sentence)
        .retryable(true)
        .provider(error)
        .build();
  }

  /** {@return the error that {@code text} describes, JSON or not} */
  public static ProviderError parse(String text) {
    try {
      return of(Json.parse(text));
    } catch (Json.MalformedException e) {
      return ofText(text);
    }
  }

  /**
   * {@return the error that a frame names and describes} The raw value is the document with the
   * name as its {@code type}.
   *
   * @param message a JSON object, a sentence, or nothing
   */
  public static ProviderError ofException(String name, String message) {
    var members = new LinkedHashMap<String, Json>();
    members.put("type", new Json.Str(cap(name, MAX_NAME)));
    String sentence = message;
    try {
      if (!message.isEmpty() && Json.parse(message) instanceof Json.Obj document) {
        document.members().forEach(members::putIfAbsent);
        sentence = "";
      }
    } catch (Json.MalformedException e) {
      // Then it is a sentence.
    }
    var error = of(new Json.Obj(members));
    return sentence.isEmpty()
        ? error
        : new ProviderError(error.type(), error.code(), cap(sentence, MAX_MESSAGE), error.raw());
  }

  /** {@return an error of which only a sentence is known} */
  public static ProviderError ofText(String text) {
    return new ProviderError("", "", cap(text, MAX_MESSAGE), cap(text, MAX_RAW));
  }

  /** {@return the error that an error value describes, with the value kept as it was sent} */
  public static ProviderError of(Json value) {
    String raw = cap(value.write(), MAX_RAW);
    return switch (value) {
      case Json.Obj object -> of(object, raw);
      case Json.Str(String text) -> new ProviderError("", "", cap(text, MAX_MESSAGE), raw);
      case Json.Arr(var items) when items.size() == 1 && items.getFirst() instanceof Json.Obj o ->
          of(o, raw);
      case Json.Arr array -> new ProviderError("", "", "", raw);
      case Json.Num number -> new ProviderError("", "", "", raw);
      case Json.Bool bool -> new ProviderError("", "", "", raw);
      case Json.Null none -> new ProviderError("", "", "", raw);
    };
  }

  private static ProviderError of(Json.Obj outer, String raw) {
    var nested = outer.object("error");
    var places = nested == null ? List.of(outer) : List.of(nested, outer);
    return new ProviderError(
        cap(first(places, "type", "status", "error_type", "__type", "finish_reason"), MAX_NAME),
        cap(first(places, "code", "status_code"), MAX_NAME),
        cap(
            first(places, "message", "detail", "msg", "status_msg", "error", "details"),
            MAX_MESSAGE),
        raw);
  }

  private static String first(List<Json.Obj> places, String... names) {
    for (var object : places) {
      for (var name : names) {
        String text = scalar(object.get(name));
        // Anthropic's wrapper has type "error", which names nothing.
        if (!text.isEmpty() && !(name.equals("type") && text.equals("error"))) {
          return text;
        }
      }
    }
    return "";
  }

  private static String scalar(@Nullable Json value) {
    return switch (value) {
      case Json.Str(String text) -> text;
      case Json.Num(String text) -> text;
      case null, default -> "";
    };
  }

  /** {@return the text, cut to at most {@code max} UTF-16 units, never inside a pair} */
  public static String cap(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    return text.substring(0, Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max);
  }
}
