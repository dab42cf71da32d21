package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.json.Literals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/**
 * The shape of a frame that has been read in full: its bytes except the insides of a few strings
 * and the digits of one number. Most frames of an answer differ from the one before in nothing
 * else, so comparing bytes replaces parsing them.
 *
 * <p>Exact: a frame that fits has the same JSON value except those strings and that number, which
 * are validated here. What does not fit is for the parser to read. Spaces before the last brace are
 * free, because Anthropic pads its frames there.
 *
 * <p>{@code literal hole literal hole ... literal spaces }}
 */
public final class Template {
  /** Longer frames are rare, and copying them costs more than it saves. */
  private static final int MAX_BYTES = 64 << 10;

  /** Longer frames are for the parser, which has limits of its own on strings. */
  private static final int MAX_FRAME = 1 << 20;

  private static final int MAX_HOLES = 4;

  /** Longer numbers are for the parser: these fit a {@code long} with any digits. */
  private static final int MAX_DIGITS = 18;

  private final String type;
  private final byte[] bytes;

  /** Start and end of every literal in {@link #bytes}, in pairs. */
  private final int[] literals;

  /** After which literal the text is. */
  private final int textHole;

  /** After which literal the number is; -1 if there is none. */
  private final int numberHole;

  /** The fewest bytes a frame that fits can have. */
  private final int leastBytes;

  private long number = -1;

  private Template(String type, byte[] bytes, int[] literals, int textHole, int numberHole) {
    this.type = type;
    this.bytes = bytes;
    this.literals = literals;
    this.textHole = textHole;
    this.numberHole = numberHole;
    int sum = 1;
    for (int i = 0; i < literals.length; i += 2) {
      sum += literals[i + 1] - literals[i];
    }
    leastBytes = sum;
  }

  /**
   * {@return the text in the frame, or null if the frame does not fit} Fits only event frames that
   * are whole and valid UTF-8.
   */
  @Nullable public String textOf(Frame frame) {
    if (frame.length() < leastBytes
        || frame.length() > MAX_FRAME
        || frame.kind() != Frame.Kind.EVENT
        || frame.unterminated()
        || !type.equals(frame.type())
        || frame.invalidBytes() != 0) {
      return null;
    }
    byte[] array = frame.array();
    int at = frame.offset();
    int end = at + frame.length();
    int textFrom = 0;
    int textTo = 0;
    boolean textPlain = true;
    for (int i = 0; ; i += 2) {
      int length = literals[i + 1] - literals[i];
      if (end - at < length
          || Arrays.mismatch(array, at, at + length, bytes, literals[i], literals[i + 1]) >= 0) {
        return null;
      }
      at += length;
      if (i + 2 == literals.length) {
        break;
      }
      if (i >> 1 == numberHole) {
        at = number(array, at, end);
        if (at < 0) {
          return null;
        }
        continue;
      }
      int quote = Literals.special(array, at, end);
      boolean plain = quote < end && array[quote] == '"';
      if (!plain) {
        quote = Literals.end(array, at, end);
        if (quote < 0) {
          return null;
        }
      }
      if (i >> 1 == textHole) {
        textFrom = at;
        textTo = quote;
        textPlain = plain;
      }
      at = quote;
    }
    while (at < end && array[at] == ' ') {
      at++;
    }
    if (at + 1 != end || array[at] != '}') {
      return null;
    }
    return textPlain
        ? new String(array, textFrom, textTo - textFrom, StandardCharsets.UTF_8)
        : Literals.text(array, textFrom, textTo);
  }

  /** {@return the number in the frame that fitted last, or -1 if this shape has none} */
  public long number() {
    return number;
  }

  /** Reads an integer without a sign, as RFC 8259 section 6 writes it; -1 if there is none. */
  private int number(byte[] array, int from, int end) {
    int last = Math.min(end, from + MAX_DIGITS);
    long value = 0;
    int at = from;
    while (at < last && array[at] >= '0' && array[at] <= '9') {
      value = 10 * value + array[at++] - '0';
    }
    if (at == from || (array[from] == '0' && at > from + 1)) {
      return -1;
    }
    number = value;
    return at;
  }

  /**
   * Learns the shape of a frame that holds one JSON object without repeated names.
   *
   * @param text where the text is: member names from the root, {@code *} for any array element
   * @param free where other strings are that no reader needs
   * @param number where the number is; empty for none
   * @return the shape, or null if this frame has none worth remembering
   */
  static @Nullable public Template learn(
      Frame frame, List<String> text, List<List<String>> free, List<String> number) {
    int length = frame.length();
    byte[] array = frame.array();
    int last = frame.offset() + length - 1;
    if (length > MAX_BYTES || array[frame.offset()] != '{' || array[last] != '}') {
      return null;
    }
    byte[] bytes = Arrays.copyOfRange(array, frame.offset(), frame.offset() + length);
    var holes = new Holes(text, free, number);
    try (var parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      holes.find(parser);
    } catch (JacksonException e) {
      return null;
    }
    if (holes.textAt < 0 || holes.textTwice || holes.ends.size() > 2 * MAX_HOLES) {
      return null;
    }
    int tail = length - 1;
    while (bytes[tail - 1] == ' ') {
      tail--;
    }
    var literals = new int[holes.ends.size() + 2];
    for (int i = 0; i < holes.ends.size(); i++) {
      literals[i + 1] = holes.ends.get(i);
    }
    literals[literals.length - 1] = tail;
    return new Template(frame.type(), bytes, literals, holes.textAt, holes.numberAt);
  }

  /** Walks a document and records the places of the wanted strings. */
  private static final class Holes {
    private final List<String> text;
    private final List<List<String>> free;
    private final List<String> number;
    private final ArrayDeque<String> path = new ArrayDeque<>();

    /** Where each hole starts and ends, in pairs, quotes excluded. */
    private final List<Integer> ends = new ArrayList<>();

    private int textAt = -1;
    private int numberAt = -1;
    private boolean textTwice;

    Holes(List<String> text, List<List<String>> free, List<String> number) {
      this.text = text;
      this.free = free;
      this.number = number;
    }

    void find(JsonParser parser) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_OBJECT -> path.addLast("");
          case PROPERTY_NAME -> {
            path.removeLast();
            path.addLast(parser.currentName());
          }
          case START_ARRAY -> path.addLast("*");
          case END_OBJECT, END_ARRAY -> path.removeLast();
          case VALUE_STRING -> string(parser);
          case VALUE_NUMBER_INT -> number(parser);
          default -> {}
        }
      }
    }

    private void string(JsonParser parser) {
      boolean isText = is(text);
      if (!isText && free.stream().noneMatch(this::is)) {
        return;
      }
      if (isText) {
        textTwice = textAt >= 0;
        textAt = ends.size() / 2;
      }
      ends.add((int) parser.currentTokenLocation().getByteOffset() + 1);
      parser.finishToken();
      ends.add((int) parser.currentLocation().getByteOffset() - 1);
    }

    private void number(JsonParser parser) {
      int digits = parser.getString().length();
      if (digits <= MAX_DIGITS && is(number)) {
        numberAt = ends.size() / 2;
        int at = (int) parser.currentTokenLocation().getByteOffset();
        ends.add(at);
        ends.add(at + digits);
      }
    }

    private boolean is(List<String> wanted) {
      return path.size() == wanted.size() && wanted.equals(List.copyOf(path));
    }
  }
}
