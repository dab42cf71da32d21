package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;
import org.jspecify.annotations.Nullable;

/** Looks for what clients of one protocol break on. State is bounded. */
interface BodyShape {
  /** Most calls, blocks or items of one answer that are remembered. */
  int MAX_KEPT = 256;

  /** Takes the JSON object of one event; the event's name is {@code message} if it has none. */
  void read(String event, Json.Obj value);

  /** Records that a {@code [DONE]} marker came. */
  default void marker() {}

  /** The body has ended. */
  default void end() {}

  /** {@return whether there is a value that is not null} */
  static boolean isThere(@Nullable Json value) {
    return value != null && !(value instanceof Json.Null);
  }

  /** {@return a whole number, or -1 for anything else} */
  static int index(@Nullable Json value) {
    long number = value instanceof Json.Num it ? it.whole(-1) : -1;
    return number < 0 || number > Integer.MAX_VALUE ? -1 : (int) number;
  }

  /** {@return whether an object has a member whose value is a string that holds a number} */
  static boolean hasNumberAsText(Json.@Nullable Obj object) {
    return object != null
        && object.members().values().stream()
            .anyMatch(value ->
                value instanceof Json.Str(String text)
                    && !text.isEmpty()
                    && text.length() <= 18
                    && text.chars().allMatch(c -> c >= '0' && c <= '9'));
  }
}
