package dev.holdfast.core.provider.encode;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites blocks of server-sent events that carry nothing, and that SDKs take for a document: an
 * event without data, an id or a retry alone, a ping where the protocol has none. They become the
 * protocol's own sign of life. All other bytes stay as they are. Not thread-safe.
 *
 * <p>Once an {@code id} was sent, openai-python 3.22 reports an event at each blank line (tried):
 * from then on comments lose their blank line, and blank lines between blocks are left out. For
 * readers that report one from the start, {@link #leaveOutBlankLines} does so.
 */
final class SseMender {
  /** What the clients of a protocol can read. */
  enum Clients {
    /** They parse the data of every event, and have no event for a ping. */
    OF_CHAT,
    /** They parse the data of every event, and expect a certain first one. */
    OF_RESPONSES,
    /** They skip events by name, pings among them. */
    OF_MESSAGES,
    /** They take every line that is no data for a document, comments too. */
    OF_GEMINI
  }

  private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COMMENT_LINE = ": keep-alive\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BLANK = {'\n'};
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PING =
      "event: ping\ndata: {\"type\":\"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);

  private static final int EVENT_SPACED = "event: ".length();

  private static final Set<String> PINGS = Set.of("ping", "keepalive", "keep-alive", "heartbeat");

  /** Members that make an object more than a sign of life. */
  private static final List<String> OF_AN_EVENT =
      List.of("choices", "candidates", "error", "sequence_number");

  /** A sign of life is short; longer data is an event of some kind. */
  private static final int MAX_PING = 256;

  private final Clients clients;
  private boolean ids;
  private boolean leavesOutBlankLines;
  private boolean begun;
  private boolean afterCr;

  /** Whether that carriage return ended what was left out or replaced: its line feed goes, too. */
  private boolean droppedCr;

  SseMender(Clients clients) {
    this.clients = clients;
  }

  /** Leaves out blank lines that end no event. */
  void leaveOutBlankLines() {
    leavesOutBlankLines = true;
  }

  /** {@return whether an id was sent} */
  boolean hasIds() {
    return ids;
  }

  /** One line: its bytes with their line end, and where its content ends. */
  private record Line(int from, int contentEnd, int to) {
    boolean isBlank() {
      return from == contentEnd;
    }
  }

  /**
   * {@return what replaces bytes that begin and end between two blocks, or after a comment; null if
   * they stay as they are}
   */
  byte @Nullable [] mended(byte[] bytes, int from, int to) {
    boolean cr = afterCr;
    afterCr = to > from && bytes[to - 1] == '\r';
    if (!ids && isUsual(bytes, from, to)) {
      begun = true;
      return null;
    }
    return rewritten(bytes, from, to, cr);
  }

  /**
   * {@return whether it is one line of data with an object, after a name or not, and a blank line;
   * or the marker that closes a body} Most frames are.
   */
  private boolean isUsual(byte[] bytes, int from, int to) {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      return true;
    }
    if (to - from < 16 || bytes[to - 1] != '\n' || bytes[to - 2] != '\n') {
      return false;
    }
    int start = from;
    if (bytes[from] == 'e') {
      int name = from + EVENT_SPACED;
      boolean spaced = bytes[from + 5] == ':' && bytes[from + 6] == ' ';
      if (!spaced || bytes[name] == 'p' || bytes[name] == 'k' || bytes[name] == 'h') {
        return false; // The first letters of pings.
      }
      start = LineEnds.find(bytes, name, to - 1) + 1;
    }
    if (to - start < 10 || bytes[start] != 'd' || bytes[start + 4] != ':') {
      return false;
    }
    int at = start + (bytes[start + 5] == ' ' ? 6 : 5);
    if (bytes[at] != '{' || LineEnds.find(bytes, at, to - 1) != to - 2) {
      return false;
    }
    return to - start > MAX_PING || !isPingDocument(bytes, start + 5, to);
  }

  private byte @Nullable [] rewritten(byte[] bytes, int from, int to, boolean cr) {
    var out = new ByteArrayOutputStream(to - from + 32);
    var block = new ArrayList<Line>();
    boolean changed = false;
    int at = from;
    if (cr && at < to && bytes[at] == '\n') {
      if (droppedCr) {
        changed = true;
      } else {
        out.write('\n'); // The second half of a line end.
      }
      at++;
    }
    droppedCr = false;
    while (at < to) {
      int end = LineEnds.find(bytes, at, to);
      int next = Math.min(to, end + 1);
      if (end < to && bytes[end] == '\r' && next < to && bytes[next] == '\n') {
        next++;
      }
      var line = new Line(at, end, next);
      at = next;
      if (line.isBlank()) {
        boolean mended = block(bytes, block, line, out);
        droppedCr = mended && next == to && bytes[end] == '\r';
        changed |= mended;
        block.clear();
      } else if (block.isEmpty() && bytes[line.from] == ':') {
        changed |= comment(bytes, line, out);
      } else {
        block.add(line);
      }
    }
    for (var line : block) {
      out.write(bytes, line.from, line.to - line.from);
    }
    return changed ? out.toByteArray() : null;
  }

  /** Writes a comment between two blocks, and returns whether it changed. */
  private boolean comment(byte[] bytes, Line line, ByteArrayOutputStream out) {
    if (clients == Clients.OF_GEMINI) {
      out.writeBytes(BLANK);
      return true;
    }
    out.write(bytes, line.from, line.to - line.from);
    return false;
  }

  /** Writes a block that a blank line ends, and returns whether it changed. */
  private boolean block(byte[] bytes, List<Line> block, Line blank, ByteArrayOutputStream out) {
    if (block.isEmpty()) {
      boolean left = ids || leavesOutBlankLines;
      if (!left) {
        out.write(bytes, blank.from, blank.to - blank.from);
      }
      return left;
    }
    var data = new ByteArrayOutputStream();
    String type = "";
    boolean id = false;
    boolean unknown = false;
    for (var line : block) {
      String name = name(bytes, line);
      int value = value(bytes, line);
      switch (name) {
        case "data" -> {
          data.write(bytes, value, line.contentEnd - value);
          data.write('\n');
        }
        case "event" ->
            type = new String(bytes, value, line.contentEnd - value, StandardCharsets.UTF_8);
        case "id" -> id = value < line.contentEnd;
        case "retry", "" -> {}
        default -> unknown = true;
      }
    }
    if (unknown || !isEmpty(type, data.toByteArray())) {
      ids |= id;
      begun = true;
      for (var line : block) {
        out.write(bytes, line.from, line.to - line.from);
      }
      out.write(bytes, blank.from, blank.to - blank.from);
      return false;
    }
    out.writeBytes(sign());
    return true;
  }

  private byte[] sign() {
    byte[] comment = ids || leavesOutBlankLines ? COMMENT_LINE : COMMENT;
    return switch (clients) {
      case OF_GEMINI -> BLANK;
      case OF_MESSAGES -> begun ? PING : comment;
      case OF_CHAT, OF_RESPONSES -> comment;
    };
  }

  /** {@return the field's name; empty for a comment} */
  private static String name(byte[] bytes, Line line) {
    int end = line.from;
    while (end < line.contentEnd && bytes[end] != ':') {
      end++;
    }
    return new String(bytes, line.from, end - line.from, StandardCharsets.UTF_8);
  }

  private static int value(byte[] bytes, Line line) {
    int at = line.from;
    while (at < line.contentEnd && bytes[at] != ':') {
      at++;
    }
    at = Math.min(line.contentEnd, at + 1);
    return at < line.contentEnd && bytes[at] == ' ' ? at + 1 : at;
  }

  private boolean isEmpty(String type, byte[] data) {
    if (data.length > MAX_PING) {
      return false;
    }
    boolean named = PINGS.contains(type.toLowerCase(Locale.ROOT));
    String text = new String(data, StandardCharsets.UTF_8).strip();
    boolean nothing =
        text.isEmpty() || text.equals("\"\"") || text.equals("null") || text.startsWith(":");
    if (clients == Clients.OF_MESSAGES) {
      return nothing || (named && !text.startsWith("{"));
    }
    // OpenAI's own keepalives are numbered with the other events.
    boolean numbered = clients == Clients.OF_RESPONSES && text.contains("\"sequence_number\"");
    return nothing || (named && !numbered) || isPingDocument(data, 0, data.length);
  }

  /** {@return whether an object reports a sign of life, or nothing, and is no event of its own} */
  private boolean isPingDocument(byte[] bytes, int from, int to) {
    if (clients == Clients.OF_MESSAGES || !mayBePing(bytes, from, to)) {
      return false;
    }
    try {
      var values = JsonText.read(bytes, from, to - from).values();
      if (values.size() != 1 || !(values.getFirst() instanceof Json.Obj json)) {
        return false;
      }
      boolean bare = json.members().isEmpty() && clients == Clients.OF_CHAT;
      return bare
          || (PINGS.contains(json.text("type"))
              && OF_AN_EVENT.stream().noneMatch(json.members()::containsKey));
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  /** {@return whether a closer look is worth it: an empty object, or one of its words} */
  private static boolean mayBePing(byte[] bytes, int from, int to) {
    for (int at = from; at + 1 < to; at++) {
      byte b = bytes[at];
      byte next = bytes[at + 1];
      boolean word =
          b == '"' && (next == 'p' || next == 'k' || next == 'h') && isPingWord(bytes, at + 1, to);
      if (word) {
        return true;
      }
    }
    return to - from <= 16;
  }

  private static boolean isPingWord(byte[] bytes, int from, int to) {
    int end = from;
    while (end < to && bytes[end] != '"' && end - from < 12) {
      end++;
    }
    return PINGS.contains(new String(bytes, from, end - from, StandardCharsets.ISO_8859_1));
  }
}
