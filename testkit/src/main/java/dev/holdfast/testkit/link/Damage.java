package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.wire.EventFraming;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What faults do to the bytes of one event. */
final class Damage {
  /** Members whose strings are the model's words, in all protocols. */
  private static final List<String> WORDS =
      List.of(
          "\"delta\":\"",
          "\"content\":\"",
          "\"text\":\"",
          "\"text\": \"",
          "\"reasoning_content\":\"",
          "\"thinking\":\"",
          "\"partial_json\":\"",
          "\"arguments\":\"");

  private Damage() {}

  /** {@return whether an event is whole and has JSON to damage} */
  static boolean hasJson(Step.Event event) {
    String text = new String(event.bytes(), StandardCharsets.UTF_8);
    return text.indexOf('{') >= 0 && text.indexOf('{') < text.lastIndexOf('}');
  }

  /** {@return the steps in place of an event} */
  static Step[] of(Fault fault, EventFraming framing, Step.Event event) {
    String text = new String(event.bytes(), StandardCharsets.UTF_8);
    return switch (fault) {
      case Fault.MalformedJson json ->
          new Step[] {
            unreadable(framing == EventFraming.ARRAY ? withoutColon(text) : halfJson(text))
          };
      case Fault.MalformedSse sse -> new Step[] {unreadable(text.replace("data: {", "dta: {"))};
      case Fault.InvalidUtf8 invalid ->
          new Step[] {
            new Step.Event(WireFrame.Kind.STRUCTURE, with(event.bytes(), wordsAt(text), 0xFF))
          };
      case Fault.HugeEvent(Position at, long bytes) -> {
        int close = text.lastIndexOf('}');
        String lead = text.substring(0, close) + ",\"padding\":\"";
        yield new Step[] {
          new Step.Piece(lead.getBytes(StandardCharsets.UTF_8)),
          new Step.Fill(ascii("x".repeat(8192)), bytes),
          Step.Event.of(event.kind(), "\"" + text.substring(close))
        };
      }
      default -> throw new IllegalArgumentException("fault: must damage one event, was " + fault);
    };
  }

  /** {@return an event without its separator from the next one} */
  static Step.Event glued(EventFraming framing, Step.Event event) {
    String text = new String(event.bytes(), StandardCharsets.UTF_8);
    String gap =
        switch (framing) {
          case EVENTS, LINES -> "\n";
          case CRLF_EVENTS -> "\r\n";
          case ARRAY -> ",\r\n";
        };
    return unreadable(text.substring(0, text.length() - gap.length()));
  }

  /** {@return the bytes of an event up to inside a character, one of our own if it has none} */
  static byte[] insideCharacter(byte[] event) {
    for (int i = 0; i < event.length; i++) {
      if (event[i] < 0) {
        return java.util.Arrays.copyOf(event, i + 1);
      }
    }
    int at = wordsAt(new String(event, StandardCharsets.UTF_8));
    // The first two of the three bytes of the euro sign.
    return java.util.Arrays.copyOf(with(event, at, 0xE2, 0x82), at + 2);
  }

  /** An event that has lost its content, of any kind. */
  private static Step.Event unreadable(String text) {
    return Step.Event.of(WireFrame.Kind.STRUCTURE, text);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String halfJson(String text) {
    int start = text.indexOf('{');
    int half = start + (text.lastIndexOf('}') - start) / 2;
    if (Character.isLowSurrogate(text.charAt(half))) {
      half--;
    }
    return text.substring(0, half) + text.substring(text.lastIndexOf('}') + 1);
  }

  /** In an array, half a document would be all that is left of the array. */
  private static String withoutColon(String text) {
    return text.replaceFirst(":", " ");
  }

  /** {@return the offset in bytes right inside the model's words, or inside the last string} */
  private static int wordsAt(String text) {
    for (String words : WORDS) {
      int at = text.indexOf(words);
      if (at >= 0) {
        return text.substring(0, at + words.length()).getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return text.substring(0, text.lastIndexOf('"')).getBytes(StandardCharsets.UTF_8).length;
  }

  private static byte[] with(byte[] bytes, int at, int... more) {
    var out = new ByteArrayOutputStream(bytes.length + more.length);
    out.write(bytes, 0, at);
    for (int one : more) {
      out.write(one);
    }
    out.write(bytes, at, bytes.length - at);
    return out.toByteArray();
  }
}
