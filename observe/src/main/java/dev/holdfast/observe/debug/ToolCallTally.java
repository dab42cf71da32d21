package dev.holdfast.observe.debug;

import dev.holdfast.core.dialect.Json;
import java.nio.charset.StandardCharsets;

/** One tool call as its pieces came. Keeps its arguments up to a bound. */
final class ToolCallTally {
  private static final int MAX_ARGUMENTS = 256 << 10;

  private final StringBuilder arguments = new StringBuilder();
  private final int choice;
  private String name;
  private String last = "";
  private boolean repeats;
  private boolean other;
  private boolean whole;

  ToolCallTally(int choice, String name) {
    this.choice = choice;
    this.name = name;
  }

  int choice() {
    return choice;
  }

  String name() {
    return name;
  }

  /** Takes a piece of arguments, and of the name where one came with it. */
  void piece(String more, String named) {
    name = name.isEmpty() ? named : name;
    if (more.isEmpty()) {
      return;
    }
    if (!last.isEmpty()) {
      boolean repeated = more.length() >= last.length() && more.startsWith(last);
      repeats |= repeated;
      other |= !repeated;
    }
    last = more.length() > MAX_ARGUMENTS ? "" : more;
    if (arguments.length() + more.length() <= MAX_ARGUMENTS) {
      arguments.append(more);
    } else {
      whole = true; // Too long to be judged.
    }
  }

  /** Takes note that the protocol closed the call. */
  void whole() {
    whole = true;
  }

  /** {@return what is wrong with it} */
  CallTrouble trouble(boolean atLimit) {
    String text = arguments.toString().strip();
    if (text.isEmpty()) {
      return atLimit && !whole ? CallTrouble.TOKEN_LIMIT : CallTrouble.NONE;
    }
    if (Json.isValid(text)) {
      return CallTrouble.NONE;
    }
    if (repeats && !other && last.length() > 1) {
      return CallTrouble.CUMULATIVE;
    }
    if (isSeveral(text)) {
      return CallTrouble.SHARED_INDEX;
    }
    if (!isOpen(text)) {
      return CallTrouble.MALFORMED;
    }
    return atLimit ? CallTrouble.TOKEN_LIMIT : CallTrouble.CUT;
  }

  /** {@return whether the text is two or more whole objects, one after another} */
  private static boolean isSeveral(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      var values = Json.parseAll(bytes, 0, bytes.length);
      return values.size() > 1 && values.stream().allMatch(value -> value instanceof Json.Obj);
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  /** {@return whether a string or bracket is open at the end, and no bracket closed too much} */
  private static boolean isOpen(String text) {
    int depth = 0;
    boolean string = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (string) {
        i += c == '\\' ? 1 : 0;
        string = c != '"';
      } else if (c == '"') {
        string = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
        if (depth < 0) {
          return false;
        }
      }
    }
    return string || depth > 0;
  }
}
