package dev.holdfast.core.json;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value. Numbers stay the text they were, so that reading and writing a value preserves it.
 * Members keep their order; of members with one name the last one counts.
 */
public sealed interface Json {
  /**
   * An object.
   *
   * @param members in order of first appearance
   */
  record Obj(Map<String, Json> members) implements Json {
    /** Copies the members, keeping their order. */
    public Obj {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    @Override
    public boolean hasValue() {
      return !members.isEmpty();
    }

    /** {@return the member, or null if there is none} */
    public @Nullable Json get(String name) {
      return members.get(name);
    }

    /** {@return the member if it is an object, or null} */
    public @Nullable Obj object(String name) {
      return members.get(name) instanceof Obj object ? object : null;
    }

    /** {@return the member if it is an array, or null} */
    public @Nullable Arr array(String name) {
      return members.get(name) instanceof Arr array ? array : null;
    }

    /** {@return the member if it is a string, or empty} */
    public String text(String name) {
      return members.get(name) instanceof Str(String value) ? value : "";
    }

    /** {@return the member if it is a whole number of at most 18 digits, or {@code otherwise}} */
    public long number(String name, long otherwise) {
      return members.get(name) instanceof Num number ? number.whole(otherwise) : otherwise;
    }

    /** {@return whether the member is present and meaningful; see {@link Json#hasValue}} */
    public boolean has(String name) {
      var value = members.get(name);
      return value != null && value.hasValue();
    }

    /** {@return a copy with one member set, in its old place or at the end} */
    public Obj with(String name, Json value) {
      var copy = new LinkedHashMap<>(members);
      copy.put(name, value);
      return new Obj(copy);
    }
  }

  /** An array. */
  record Arr(List<Json> items) implements Json {
    /** Copies the items. */
    public Arr {
      items = List.copyOf(items);
    }

    @Override
    public boolean hasValue() {
      return !items.isEmpty();
    }
  }

  /** A string, escapes resolved; may hold lone surrogates, as JSON may. */
  record Str(String value) implements Json {
    @Override
    public boolean hasValue() {
      return !value.isEmpty();
    }
  }

  /** A number, as the text that was sent. */
  record Num(String text) implements Json {
    private static final int MAX_DIGITS = 18;

    /** {@return the value if it is a whole number of at most 18 digits, or {@code otherwise}} */
    public long whole(long otherwise) {
      int from = text.startsWith("-") ? 1 : 0;
      int digits = text.length() - from;
      if (digits == 0 || digits > MAX_DIGITS) {
        return otherwise;
      }
      for (int i = from; i < text.length(); i++) {
        if (text.charAt(i) < '0' || text.charAt(i) > '9') {
          return otherwise;
        }
      }
      return Long.parseLong(text);
    }

    @Override
    public boolean hasValue() {
      return !isZero();
    }

    private boolean isZero() {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c >= '1' && c <= '9') {
          return false;
        }
        if (c == 'e' || c == 'E') {
          break;
        }
      }
      return true;
    }
  }

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements Json {
    @Override
    public boolean hasValue() {
      return value;
    }
  }

  /** {@code null}. */
  record Null() implements Json {
    /** The only one needed. */
    public static final Null VALUE = new Null();

    @Override
    public boolean hasValue() {
      return false;
    }
  }

  /** What the text is not. */
  final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final long offset;
    private final boolean limit;

    MalformedException(String message, long offset, boolean limit) {
      super(message, null, false, false);
      this.offset = offset;
      this.limit = limit;
    }

    /** {@return the byte at which reading failed, from 0; -1 if unknown} */
    public long offset() {
      return offset;
    }

    /** {@return whether a bound on depth, number length or token count was crossed} */
    public boolean isLimit() {
      return limit;
    }
  }

  /**
   * {@return the one value that {@code text} holds}
   *
   * @throws MalformedException if it is not one JSON value; the message quotes none of it
   */
  static Json parse(String text) throws MalformedException {
    byte[] bytes = JsonText.bytes(text);
    return JsonText.one(bytes, 0, bytes.length);
  }

  /** {@return whether {@code text} holds exactly one JSON value, within the bounds} */
  static boolean isValid(String text) {
    try {
      parse(text);
      return true;
    } catch (MalformedException e) {
      return false;
    }
  }

  /** {@return the values that the bytes hold one after another} */
  static List<Json> parseAll(byte[] bytes, int offset, int length) throws MalformedException {
    return JsonText.all(bytes, offset, length);
  }

  /** {@return the members in the given order, as an object} */
  static Obj object(Map<String, Json> members) {
    return new Obj(members);
  }

  /** {@return a whole number} */
  static Num of(long value) {
    return new Num(Long.toString(value));
  }

  /**
   * {@return whether the value is meaningful: not null, false, zero, or empty} Servers write "no
   * error" and "no usage" in all these ways.
   */
  boolean hasValue();

  /** {@return the value as compact JSON text} */
  default String write() {
    var out = new StringBuilder();
    JsonText.write(this, out);
    return out.toString();
  }
}
