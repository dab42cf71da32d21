package dev.holdfast.gateway.journal;

import dev.holdfast.core.provider.Dialects;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Cuts the body of an answer into frames: blocks of server-sent events with their blank line, lines
 * of JSON, or pieces as they are written where a reader cannot resume inside.
 */
public final class Frames {
  private static final byte[] NOTHING = {};

  private final boolean events;
  private final boolean lines;
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

  /** Whether the last frame ended with a CR, whose LF may follow. */
  private boolean halfLineEnd;

  /** How many line ends in a row were read. */
  private int lineEnds;

  Frames(String dialect) {
    events = isEvents(dialect);
    lines = dialect.equals(Dialects.OLLAMA_CHAT);
  }

  /** {@return whether a protocol's bodies are server-sent events} */
  public static boolean isEvents(String dialect) {
    return !dialect.equals(Dialects.OLLAMA_CHAT) && !dialect.equals(Dialects.GEMINI_JSON_ARRAY);
  }

  /**
   * {@return whether all parsers of a protocol that are known take events with an id} Google's
   * clients take every line that does not begin with {@code data:} for JSON.
   */
  public static boolean takesIds(String dialect) {
    return isEvents(dialect) && !dialect.startsWith("gemini");
  }

  /** {@return the type of a protocol's bodies} */
  public static String contentType(String dialect) {
    return switch (dialect) {
      case Dialects.OLLAMA_CHAT -> "application/x-ndjson";
      case Dialects.GEMINI_JSON_ARRAY -> "application/json; charset=utf-8";
      default -> "text/event-stream; charset=utf-8";
    };
  }

  /**
   * {@return whether a cut answer of a protocol must break its connection} Some clients of Chat
   * read no error, and take any proper end for the answer's.
   */
  static boolean endsByConnection(String dialect) {
    return dialect.equals(Dialects.OPENAI_CHAT);
  }

  /** Takes bytes, and hands out each frame that is whole. */
  void add(byte[] bytes, Consumer<byte[]> frame) {
    if (!events && !lines) {
      if (bytes.length > 0) {
        frame.accept(bytes);
      }
      return;
    }
    int from = 0;
    for (int at = 0; at < bytes.length; at++) {
      byte b = bytes[at];
      if (halfLineEnd) {
        halfLineEnd = false;
        if (b == '\n') {
          from = at + 1; // Its CR was written as CR and LF.
          continue;
        }
      }
      boolean feed = b == '\n';
      boolean afterReturn = feed && (at > from ? bytes[at - 1] == '\r' : lastOfRest() == '\r');
      if (b == '\r' || (feed && !afterReturn)) {
        lineEnds++;
      } else if (!feed) {
        lineEnds = 0;
      }
      boolean ends = lines ? feed : lineEnds == 2 && (feed || b == '\r');
      if (ends && feed && rest.size() == 0) {
        boolean all = from == 0 && at + 1 == bytes.length; // As a rule.
        frame.accept(all ? bytes : Arrays.copyOfRange(bytes, from, at + 1));
        from = at + 1;
        lineEnds = 0;
      } else if (ends) {
        rest.write(bytes, from, at + 1 - from);
        if (b == '\r' && isPaired()) {
          halfLineEnd = true;
          rest.write('\n');
        }
        from = at + 1;
        lineEnds = 0;
        frame.accept(rest.toByteArray());
        rest.reset();
      }
    }
    rest.write(bytes, from, bytes.length - from);
  }

  private int lastOfRest() {
    byte[] all = rest.size() == 0 ? NOTHING : rest.toByteArray();
    return all.length == 0 ? -1 : all[all.length - 1];
  }

  /** {@return whether the line before ended with CR and LF} */
  private boolean isPaired() {
    byte[] all = rest.toByteArray();
    return all.length >= 3 && all[all.length - 2] == '\n' && all[all.length - 3] == '\r';
  }

  /** Hands out what is left at the end of the body. */
  void end(Consumer<byte[]> frame) {
    if (rest.size() > 0) {
      frame.accept(rest.toByteArray());
      rest.reset();
    }
  }

  /**
   * {@return a block with an id as its last line} A block without data has none: clients take its
   * blank line for the end of an event that has the id of the one before. Its comments stay.
   */
  static List<byte[]> withId(byte[] block, String id) {
    int content = beforeLineEnd(block, block.length);
    boolean blank = content > 0 && isLineEnd(block[content - 1]);
    if (!blank) {
      return hasData(block) ? List.of(block) : List.of();
    }
    byte[] before = Arrays.copyOf(block, content);
    if (!hasData(block)) {
      return comments(before);
    }
    byte[] end = Arrays.copyOfRange(block, content, block.length);
    byte[] name = ("id: " + id).getBytes(StandardCharsets.US_ASCII);
    return List.of(before, name, end, end);
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }

  private static int beforeLineEnd(byte[] block, int end) {
    int at = end;
    if (at > 0 && block[at - 1] == '\n') {
      at--;
      return at > 0 && block[at - 1] == '\r' ? at - 1 : at;
    }
    return at > 0 && block[at - 1] == '\r' ? at - 1 : at;
  }

  /** {@return the lines of a block that are comments, each with its end} */
  private static List<byte[]> comments(byte[] block) {
    var lines = new ArrayList<byte[]>();
    int from = 0;
    for (int at = 0; at < block.length; at++) {
      boolean half = block[at] == '\r' && at + 1 < block.length && block[at + 1] == '\n';
      if (isLineEnd(block[at]) && !half) {
        if (block[from] == ':') {
          lines.add(Arrays.copyOfRange(block, from, at + 1));
        }
        from = at + 1;
      }
    }
    return lines;
  }

  private static boolean hasData(byte[] block) {
    for (int at = 0; at + 4 <= block.length; at++) {
      boolean begins = at == 0 || isLineEnd(block[at - 1]);
      if (begins
          && block[at] == 'd'
          && block[at + 1] == 'a'
          && block[at + 2] == 't'
          && block[at + 3] == 'a') {
        return true;
      }
    }
    return false;
  }
}
