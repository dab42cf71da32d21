package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.json.Literals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/**
 * The shape of a frame that has been read in full: its bytes except the insides of a few strings
 * and the digits of a few numbers. Most frames of an answer differ from the one before in nothing
 * else, so comparing bytes replaces parsing them.
 *
 * <p>Exact: a frame that fits has the same JSON value except those strings and numbers, which are
 * validated here. What does not fit is for the parser to read. Spaces before the last brace are
 * free, because Anthropic pads its frames there.
 *
 * <p>{@code literal hole literal hole ... literal spaces }}
 */
public final class Template {
  /** Longer frames are rare, and copying them costs more than it saves. */
  private static final int MAX_BYTES = 64 << 10;

  /** Longer frames are for the parser, which has limits of its own on strings. */
  private static final int MAX_FRAME = 1 << 20;

  /** How many strings and numbers may be free, those of a usage apart. */
  private static final int MAX_HOLES = 4;

  /** How many numbers of a usage may be free. */
  private static final int MAX_COUNTS = 16;

  private final String type;
  private final byte[] bytes;

  /** Start and end of every literal in {@link #bytes}, in pairs. */
  private final int[] literals;

  /** What is after each literal but the last. */
  private final Hole[] holes;

  /** The fewest bytes a frame that fits can have. */
  private final int leastBytes;

  private final UsageCounts counts;
  private long number = -1;

  /** The last number that was read. */
  private long read;

  private enum Hole {
    /** The text. */
    TEXT,
    /** A string that no reader needs. */
    FREE,
    /** The number. */
    NUMBER,
    /** A number of the usage. */
    COUNT
  }

  private Template(
      String type, byte[] bytes, int[] literals, List<Hole> holes, UsageCounts counts) {
    this.type = type;
    this.bytes = bytes;
    this.literals = literals;
    this.holes = holes.toArray(new Hole[0]);
    this.counts = counts;
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
    int count = 0;
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
      var hole = holes[i >> 1];
      if (hole == Hole.NUMBER || hole == Hole.COUNT) {
        at = number(array, at, end);
        if (at < 0) {
          return null;
        }
        if (hole == Hole.COUNT) {
          counts.set(count++, read);
        } else {
          number = read;
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
      if (hole == Hole.TEXT) {
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

  /** {@return the counts of the usage in the frame that fitted last} */
  public UsageCounts counts() {
    return counts;
  }

  /** Reads an integer without a sign, as RFC 8259 section 6 writes it; -1 if there is none. */
  private int number(byte[] array, int from, int end) {
    int last = Math.min(end, from + UsageCounts.MAX_DIGITS);
    long value = 0;
    int at = from;
    while (at < last && array[at] >= '0' && array[at] <= '9') {
      value = 10 * value + array[at++] - '0';
    }
    if (at == from || (array[from] == '0' && at > from + 1)) {
      return -1;
    }
    read = value;
    return at;
  }

  /**
   * Learns the shape of a frame that holds one JSON object without repeated names.
   *
   * @param shape where its strings and numbers are
   * @return the shape, or null if this frame has none worth remembering
   */
  static @Nullable public Template learn(Frame frame, DeltaFastPath.Shape shape) {
    int length = frame.length();
    byte[] array = frame.array();
    int last = frame.offset() + length - 1;
    if (length > MAX_BYTES || array[frame.offset()] != '{' || array[last] != '}') {
      return null;
    }
    byte[] bytes = Arrays.copyOfRange(array, frame.offset(), frame.offset() + length);
    var found = new Holes(shape);
    try (var parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      found.find(parser);
    } catch (JacksonException e) {
      return null;
    }
    int others = found.holes.size() - found.names.size();
    if (!found.hasText
        || found.textTwice
        || others > MAX_HOLES
        || found.names.size() > MAX_COUNTS) {
      return null;
    }
    var usage = shape.usage();
    var counts =
        usage == null ? UsageCounts.NONE : UsageCounts.of(usage.expected().raw(), found.names);
    if (counts == null) {
      return null;
    }
    int tail = length - 1;
    while (bytes[tail - 1] == ' ') {
      tail--;
    }
    var literals = new int[found.ends.size() + 2];
    for (int i = 0; i < found.ends.size(); i++) {
      literals[i + 1] = found.ends.get(i);
    }
    literals[literals.length - 1] = tail;
    return new Template(frame.type(), bytes, literals, found.holes, counts);
  }

  /** Walks a document and records the places of the wanted strings and numbers. */
  private static final class Holes {
    private final DeltaFastPath.Shape shape;
    private final List<String> usage;
    private final List<String> path = new ArrayList<>();

    private final List<Hole> holes = new ArrayList<>();

    /** Where each hole starts and ends, in pairs, quotes excluded. */
    private final List<Integer> ends = new ArrayList<>();

    /** What each count of the usage is called. */
    private final List<String> names = new ArrayList<>();

    private boolean hasText;
    private boolean textTwice;

    Holes(DeltaFastPath.Shape shape) {
      this.shape = shape;
      this.usage = shape.usage() == null ? List.of() : shape.usage().path();
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
      boolean isText = is(shape.path());
      if (!isText && !isFree()) {
        return;
      }
      textTwice |= isText && hasText;
      hasText |= isText;
      holes.add(isText ? Hole.TEXT : Hole.FREE);
      ends.add((int) parser.currentTokenLocation().getByteOffset() + 1);
      parser.finishToken();
      ends.add((int) parser.currentLocation().getByteOffset() - 1);
    }

    private void number(JsonParser parser) {
      String digits = parser.getString();
      if (!UsageCounts.isCount(digits)) {
        return;
      }
      if (is(shape.number())) {
        holes.add(Hole.NUMBER);
      } else if (isInUsage()) {
        holes.add(Hole.COUNT);
        names.add(path.size() == usage.size() + 1 ? path.getLast() : "");
      } else {
        return;
      }
      int at = (int) parser.currentTokenLocation().getByteOffset();
      ends.add(at);
      ends.add(at + digits.length());
    }

    private boolean isFree() {
      for (var place : shape.free()) {
        if (is(place)) {
          return true;
        }
      }
      return false;
    }

    private boolean is(List<String> wanted) {
      return path.size() == wanted.size() && path.equals(wanted);
    }

    private boolean isInUsage() {
      return !usage.isEmpty()
          && path.size() > usage.size()
          && path.subList(0, usage.size()).equals(usage);
    }
  }
}
