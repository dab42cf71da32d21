package dev.holdfast.core.json;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Arguments that come in pieces, each with the path of its place: {@code $.a[0].b}, or {@code
 * $['a']} for names with other characters. Strings grow; other values replace what was there.
 */
public final class PartialArguments {
  private static final int MAX_STEPS = 128;

  /** Indices have four digits at most. */
  private static final int MAX_INDEX_DIGITS = 4;

  private static final Failure BAD_PATH =
      Failure.retryable(Cause.PROTOCOL_VIOLATION, "jsonPath: must lead to a place, did not");

  private final Budget budget;
  private final Fields root = new Fields();

  /** How many values may be held by all arguments under construction. */
  public static final class Budget {
    private static final int MAX_VALUES = 100_000;

    private int held;

    private boolean take() {
      held++;
      return held <= MAX_VALUES;
    }
  }

  private sealed interface Node {}

  private static final class Fields implements Node {
    private final Map<String, Node> members = new LinkedHashMap<>();
  }

  private static final class Items implements Node {
    private final List<@Nullable Node> items = new ArrayList<>();
  }

  private static final class Text implements Node {
    private final StringBuilder chars = new StringBuilder();
  }

  private record Leaf(Json json) implements Node {}

  /** One step of a path: a name, or an index where the name is null. */
  private record Step(@Nullable String name, int index) {}

  /** Begins with what came with the call. */
  public PartialArguments(Json.@Nullable Obj first, Budget budget) {
    this.budget = budget;
    if (first != null) {
      first.members().forEach((name, json) -> root.members.put(name, node(json)));
    }
  }

  private static Node node(Json json) {
    return switch (json) {
      case Json.Obj(var members) -> {
        var fields = new Fields();
        members.forEach((name, member) -> fields.members.put(name, node(member)));
        yield fields;
      }
      case Json.Arr(var list) -> {
        var items = new Items();
        list.forEach(item -> items.items.add(node(item)));
        yield items;
      }
      case Json.Str(String value) -> {
        var text = new Text();
        text.chars.append(value);
        yield text;
      }
      case Json.Num number -> new Leaf(number);
      case Json.Bool bool -> new Leaf(bool);
      case Json.Null none -> new Leaf(none);
    };
  }

  /** {@return why a piece had to be refused, or null} */
  @Nullable public Failure add(Json.Obj piece) {
    var steps = steps(piece.text("jsonPath"));
    if (steps == null) {
      return BAD_PATH;
    }
    if (steps.isEmpty()) {
      return null; // The root is an object already.
    }
    Node at = root;
    for (int i = 0; i < steps.size(); i++) {
      var step = steps.get(i);
      if (at instanceof Items list && step.name == null && !grow(list, step.index)) {
        return tooLarge();
      }
      var there = child(at, step);
      var next = i + 1 == steps.size() ? placed(there, piece) : way(there, steps.get(i + 1));
      if (next == null || !put(at, step, next)) {
        return BAD_PATH;
      }
      if (there == null && !budget.take()) {
        return tooLarge();
      }
      at = next;
    }
    return null;
  }

  /** {@return what to walk into at a place: what is there, or what the next step needs} */
  private static @Nullable Node way(@Nullable Node there, Step next) {
    boolean none = there == null || there instanceof Leaf(Json.Null nothing);
    return none ? next.name == null ? new Items() : new Fields() : there;
  }

  /** {@return the value at a place once a piece is put there} */
  private static Node placed(@Nullable Node there, Json.Obj piece) {
    if (piece.get("stringValue") instanceof Json.Str(String more)) {
      var text = there instanceof Text before ? before : new Text();
      text.chars.append(more);
      return text;
    }
    if (piece.get("numberValue") instanceof Json.Num number) {
      return new Leaf(number);
    }
    if (piece.get("boolValue") instanceof Json.Bool bool) {
      return new Leaf(bool);
    }
    // A piece without a value means that no more of it will come.
    return there == null || piece.get("nullValue") != null ? new Leaf(Json.Null.VALUE) : there;
  }

  private boolean grow(Items list, int index) {
    while (list.items.size() <= index) {
      if (!budget.take()) {
        return false;
      }
      list.items.add(null);
    }
    return true;
  }

  private static @Nullable Node child(Node at, Step step) {
    return switch (at) {
      case Fields fields when step.name != null -> fields.members.get(step.name);
      case Items list when step.name == null -> list.items.get(step.index);
      default -> null;
    };
  }

  private static boolean put(Node at, Step step, Node next) {
    switch (at) {
      case Fields fields when step.name != null -> fields.members.put(step.name, next);
      case Items list when step.name == null -> list.items.set(step.index, next);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** {@return the steps of a path, or null if it is none} */
  private static @Nullable List<Step> steps(String path) {
    if (!path.isEmpty() && !path.startsWith("$")) {
      return null;
    }
    var steps = new ArrayList<Step>();
    int at = 1;
    while (at < path.length()) {
      int end = path.charAt(at) == '.' ? nameEnd(path, at + 1) : bracketEnd(path, at);
      if (end < 0 || end == at + 1 || steps.size() == MAX_STEPS) {
        return null;
      }
      var step =
          path.charAt(at) == '.'
              ? new Step(path.substring(at + 1, end), 0)
              : inBrackets(path.substring(at + 1, end - 1));
      if (step == null) {
        return null;
      }
      steps.add(step);
      at = end;
    }
    return steps;
  }

  private static int nameEnd(String path, int from) {
    int at = from;
    while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
      at++;
    }
    return at;
  }

  /** {@return the index after the bracket that closes the one at {@code from}, or -1} */
  private static int bracketEnd(String path, int from) {
    if (path.charAt(from) != '[' || from + 1 == path.length()) {
      return -1;
    }
    char quote = path.charAt(from + 1);
    boolean quoted = quote == '\'' || quote == '"';
    int close = quoted ? path.indexOf(quote + "]", from + 2) : path.indexOf(']', from);
    return close < 0 ? -1 : close + (quoted ? 2 : 1);
  }

  private static @Nullable Step inBrackets(String inside) {
    if (inside.length() >= 2 && (inside.charAt(0) == '\'' || inside.charAt(0) == '"')) {
      return new Step(inside.substring(1, inside.length() - 1), 0);
    }
    boolean digits =
        !inside.isEmpty()
            && inside.length() <= MAX_INDEX_DIGITS
            && inside.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? new Step(null, Integer.parseInt(inside)) : null;
  }

  private static Failure tooLarge() {
    return Failure.permanent(
        Cause.LIMIT_EXCEEDED,
        "tool calls: must hold at most %d values in pieces, held more"
            .formatted(Budget.MAX_VALUES));
  }

  /** {@return the arguments as far as they came} */
  public Json json() {
    return json(root);
  }

  private static Json json(@Nullable Node node) {
    return switch (node) {
      case Fields fields -> {
        var members = new LinkedHashMap<String, Json>();
        fields.members.forEach((name, member) -> members.put(name, json(member)));
        yield new Json.Obj(members);
      }
      case Items list -> new Json.Arr(list.items.stream().map(PartialArguments::json).toList());
      case Text text -> new Json.Str(text.chars.toString());
      case Leaf(Json json) -> json;
      case null -> Json.Null.VALUE;
    };
  }
}
