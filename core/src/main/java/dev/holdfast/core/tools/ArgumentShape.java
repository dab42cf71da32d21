package dev.holdfast.core.tools;

import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** What a text of arguments is, as JSON. */
enum ArgumentShape {
  /** White space or nothing. */
  BLANK,
  /** An object or array without anything in it, or a value whose end nothing marks. */
  SLIGHT,
  /** One object or array with something in it: nothing can follow that belongs to it. */
  CLOSED,
  /** The beginning of a value. */
  ENDS_EARLY,
  /** Several values, one after another. */
  SEVERAL,
  /** Another text. */
  NOT_JSON;

  /** The bounds of {@code core.json.JsonText}: what is valid here can be read there. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(256)
                  .maxTokenCount(300_000)
                  .maxNumberLength(1000)
                  .build())
          .build();

  /** What the last, unfinished word of a text may lack. */
  private static final List<String> WORDS = List.of("true", "false", "null");

  /** {@return what {@code text} is} */
  static ArgumentShape of(String text) {
    if (text.isBlank()) {
      return BLANK;
    }
    var shape = read(text);
    return shape == NOT_JSON && isInsideWord(text) ? ENDS_EARLY : shape;
  }

  private static ArgumentShape read(String text) {
    int values = 0;
    int depth = 0;
    int tokens = 0;
    boolean container = false;
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), bytes, 0, bytes.length)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        tokens++;
        if (depth == 0) {
          values++;
          container = token.isStructStart();
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      }
    } catch (StreamConstraintsException e) {
      return NOT_JSON;
    } catch (JacksonException e) {
      // Some ends of input have a class of their own, others only their place.
      var at = e.getLocation();
      boolean atEnd = at != null && at.getByteOffset() >= bytes.length;
      return values > 1 ? SEVERAL : atEnd ? ENDS_EARLY : NOT_JSON;
    }
    if (values > 1) {
      return SEVERAL;
    }
    // The tokens of an empty object are its two brackets.
    return container && tokens > 2 ? CLOSED : SLIGHT;
  }

  /** Whether the text stops inside a number or one of the three literals. */
  private static boolean isInsideWord(String text) {
    int from = text.length();
    while (from > 0 && text.charAt(from - 1) >= 'a' && text.charAt(from - 1) <= 'z') {
      from--;
    }
    String begun = text.substring(from);
    for (var word : WORDS) {
      if (!begun.isEmpty() && word.startsWith(begun) && isBegun(text.substring(0, from) + word)) {
        return true;
      }
    }
    char last = text.charAt(text.length() - 1);
    return (last == '-' || last == '.' || last == '+' || last == 'e' || last == 'E')
        && isBegun(text + '0');
  }

  private static boolean isBegun(String text) {
    return switch (read(text)) {
      case ENDS_EARLY, SLIGHT -> true;
      case BLANK, CLOSED, SEVERAL, NOT_JSON -> false;
    };
  }
}
