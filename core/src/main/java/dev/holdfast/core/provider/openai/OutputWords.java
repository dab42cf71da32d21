package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.openai.OutputTexts.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the texts in output items of a response. */
public final class OutputWords {
  private OutputWords() {}

  /** {@return the objects among the elements of an array} */
  public static List<Json.Obj> objects(Json.@Nullable Arr array) {
    return array == null
        ? List.of()
        : array.items().stream()
            .filter(Json.Obj.class::isInstance)
            .map(Json.Obj.class::cast)
            .toList();
  }

  /** {@return all text of a kind in these items, in their order} */
  static String of(List<Json.Obj> items, Kind kind) {
    var words = new StringBuilder();
    for (var item : items) {
      for (var part : objects(item.array(kind == Kind.SUMMARY ? "summary" : "content"))) {
        if (kind == kindOf(part)) {
          words.append(wordsOf(part));
        }
      }
    }
    return words.toString();
  }

  /** {@return all text among the parts of a step} */
  public static String textOf(Json.@Nullable Arr parts) {
    var words = new StringBuilder();
    for (var part : objects(parts)) {
      if (part.text("type").equals("text")) {
        words.append(part.text("text"));
      }
    }
    return words.toString();
  }

  /** {@return which text a part holds, or null if it holds none that is read} */
  static @Nullable Kind kindOf(Json.Obj part) {
    return switch (part.text("type")) {
      case "output_text" -> Kind.TEXT;
      case "refusal" -> Kind.REFUSAL;
      case "summary_text" -> Kind.SUMMARY;
      case "reasoning_text" -> Kind.REASONING;
      default -> null;
    };
  }

  /** {@return the text of a part} */
  static String wordsOf(Json.Obj part) {
    return part.text(part.text("type").equals("refusal") ? "refusal" : "text");
  }
}
