package dev.holdfast.gateway.message;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Adds {@code stream_options.include_usage} to a Chat request that does not ask for tokens. Every
 * other byte stays as it is.
 */
public final class UsageAsk {
  /** Wordings of OpenAI, pydantic, serde and Go for a member that is not known. */
  private static final Pattern NOT_KNOWN =
      Pattern.compile(
          "stream_?options|include_?usage|extra|unknown|unrecogni[sz]ed|unexpected|additional"
              + "|(?:un|not )supported|not (?:permitted|allowed)",
          Pattern.CASE_INSENSITIVE);

  private static final String OPTIONS = "\"stream_options\"";
  private static final String USAGE = "\"include_usage\"";

  private UsageAsk() {}

  /** {@return the request that asks; null if it cannot be changed without doubt} */
  public static byte @Nullable [] added(byte[] body) {
    int open = spaces(body, 0);
    if (open >= body.length || body[open] != '{') {
      return null;
    }
    int[] options = member(body, open, OPTIONS);
    if (options.length == 0) {
      return edited(body, open + 1, open + 1, OPTIONS + ":{" + USAGE + ":true}", true);
    }
    if (options.length > 2) {
      return null; // Named twice: servers differ in which one counts.
    }
    if (is(body, options, "null")) {
      return edited(body, options[0], options[1], "{" + USAGE + ":true}", false);
    }
    if (body[options[0]] != '{') {
      return null;
    }
    int[] usage = member(body, options[0], USAGE);
    if (usage.length == 0) {
      return edited(body, options[0] + 1, options[0] + 1, USAGE + ":true", true);
    }
    boolean declines = usage.length == 2 && (is(body, usage, "false") || is(body, usage, "null"));
    return declines ? edited(body, usage[0], usage[1], "true", false) : null;
  }

  private static boolean is(byte[] body, int[] place, String word) {
    return new String(body, place[0], place[1] - place[0], StandardCharsets.ISO_8859_1)
        .equals(word);
  }

  /** Replaces bytes; a member is followed by a comma unless it is alone. */
  private static byte[] edited(byte[] body, int from, int to, String text, boolean member) {
    int next = spaces(body, to);
    boolean alone = next < body.length && body[next] == '}';
    byte[] added = (member && !alone ? text + "," : text).getBytes(StandardCharsets.US_ASCII);
    byte[] changed = new byte[body.length - (to - from) + added.length];
    System.arraycopy(body, 0, changed, 0, from);
    System.arraycopy(added, 0, changed, from, added.length);
    System.arraycopy(body, to, changed, from + added.length, body.length - to);
    return changed;
  }

  private static int spaces(byte[] body, int from) {
    int at = from;
    while (at < body.length
        && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t')) {
      at++;
    }
    return at;
  }

  /**
   * {@return where a member's value begins and ends, for each time that the object has it} Reads a
   * document that is valid.
   */
  private static int[] member(byte[] body, int open, String name) {
    int[] places = {};
    int depth = 0;
    for (int at = open; at < body.length; at++) {
      switch (body[at]) {
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (--depth == 0) {
            return places;
          }
        }
        case '"' -> {
          int end = string(body, at);
          int colon = spaces(body, end);
          boolean key = depth == 1 && colon < body.length && body[colon] == ':';
          if (key && is(body, new int[] {at, end}, name)) {
            int value = spaces(body, colon + 1);
            int[] more = Arrays.copyOf(places, places.length + 2);
            more[places.length] = value;
            more[places.length + 1] = value(body, value);
            places = more;
          }
          at = end - 1;
        }
        default -> {}
      }
    }
    return places;
  }

  private static int string(byte[] body, int quote) {
    int at = quote + 1;
    while (at < body.length && body[at] != '"') {
      at += body[at] == '\\' ? 2 : 1;
    }
    return Math.min(body.length, at + 1);
  }

  /** {@return the end of a value that is a word; of an object, its first byte is enough} */
  private static int value(byte[] body, int from) {
    int at = from;
    while (at < body.length && body[at] >= 'a' && body[at] <= 'z') {
      at++;
    }
    return at;
  }

  /**
   * {@return whether a request may have been refused because tokens were asked for} A server that
   * does not know a member names it, or reports that something is unknown, extra or not permitted.
   * A refusal that is no JSON document, or is empty, reveals nothing.
   *
   * @param refusal the body of a response with the status 400 or 422
   */
  public static boolean mayBeRefusedFor(byte[] refusal) {
    String text = new String(refusal, StandardCharsets.UTF_8).strip();
    return !text.startsWith("{") || NOT_KNOWN.matcher(text).find();
  }
}
