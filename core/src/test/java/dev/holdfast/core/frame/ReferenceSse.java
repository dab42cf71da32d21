package dev.holdfast.core.frame;

import dev.holdfast.core.frame.Frames.Seen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The standard's algorithm in the plainest code that does it: all bytes at once, one byte at a
 * time, strings everywhere. What {@link SseDecoder} is compared with.
 */
final class ReferenceSse {
  private final List<Seen> frames = new ArrayList<>();
  private final StringBuilder data = new StringBuilder();
  private boolean hasData;
  private int invalid;
  private String type = "";
  private String idBuffer = "";
  private String lastEventId = "";

  private ReferenceSse() {}

  static List<Seen> frames(byte[] bytes) {
    ReferenceSse parser = new ReferenceSse();
    int start = 0;
    if (bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF) {
      start = 3;
    }
    for (int i = start; i < bytes.length; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        parser.line(Arrays.copyOfRange(bytes, start, i), false);
        boolean crLf = bytes[i] == '\r' && i + 1 < bytes.length && bytes[i + 1] == '\n';
        i = crLf ? i + 1 : i;
        start = i + 1;
      }
    }
    if (start < bytes.length) {
      parser.line(Arrays.copyOfRange(bytes, start, bytes.length), true);
    }
    if (parser.hasData) {
      parser.event(true);
    }
    return parser.frames;
  }

  private void line(byte[] line, boolean unterminated) {
    if (line.length == 0) {
      lastEventId = idBuffer;
      if (hasData) {
        event(false);
      }
      type = "";
      return;
    }
    int colon = 0;
    while (colon < line.length && line[colon] != ':') {
      colon++;
    }
    String name = ReferenceUtf8.decode(Arrays.copyOf(line, colon)).text();
    byte[] rest =
        colon == line.length ? new byte[0] : Arrays.copyOfRange(line, colon + 1, line.length);
    boolean space = rest.length > 0 && rest[0] == ' ';
    ReferenceUtf8.Decoded value =
        ReferenceUtf8.decode(space ? Arrays.copyOfRange(rest, 1, rest.length) : rest);
    switch (name) {
      case "" -> extra(Frame.Kind.COMMENT, "", rest, unterminated);
      case "data" -> {
        if (unterminated && value.text().isEmpty()) {
          return;
        }
        data.append(hasData ? "\n" : "").append(value.text());
        hasData = true;
        invalid += value.replacements();
      }
      case "event" -> type = unterminated ? type : value.text();
      case "id" ->
          idBuffer = unterminated || value.text().indexOf(0) >= 0 ? idBuffer : value.text();
      case "retry" -> {}
      default -> {
        byte[] kept = Arrays.copyOf(line, Math.min(colon, 128));
        extra(Frame.Kind.UNKNOWN_FIELD, ReferenceUtf8.decode(kept).text(), line, unterminated);
      }
    }
  }

  private void event(boolean unterminated) {
    String shown = type.isEmpty() ? "message" : type;
    frames.add(new Seen(Frame.Kind.EVENT, shown, data.toString(), idBuffer, invalid, unterminated));
    data.setLength(0);
    hasData = false;
    invalid = 0;
  }

  private void extra(Frame.Kind kind, String name, byte[] bytes, boolean unterminated) {
    ReferenceUtf8.Decoded text = ReferenceUtf8.decode(bytes);
    frames.add(new Seen(kind, name, text.text(), lastEventId, text.replacements(), unterminated));
  }
}
