package dev.holdfast.testkit.sim.upstream;

import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.model.Reply;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** A healthy reply's content, read without the code under test. */
public final class ReplyText {
  private static final JsonFactory JSON = new JsonFactory();

  /** What a chunk of another choice begins with, up to its first digit. */
  private static final Pattern ANOTHER = Pattern.compile("\"choices\":\\[\\{\"index\":[1-9]");

  private ReplyText() {}

  /** {@return the text of all frames of the reply} */
  public static String text(Reply reply) {
    return text(reply.frames());
  }

  /** {@return the text of frames, of the first choice where there are several} */
  public static String text(List<WireFrame> frames) {
    var text = new StringBuilder();
    for (WireFrame frame : frames) {
      if (frame.kind() == WireFrame.Kind.CONTENT && !ANOTHER.matcher(frame.text()).find()) {
        String wire = frame.text();
        append(wire.substring(wire.indexOf('{')), text);
      }
    }
    return text.toString();
  }

  private static void append(String document, StringBuilder text) {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), document)) {
      String name = "";
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.PROPERTY_NAME) {
          name = parser.currentName();
        } else if (token == JsonToken.VALUE_STRING
            && (name.equals("content") || name.equals("text") || name.equals("delta"))) {
          text.append(parser.getString());
        } else if (token == JsonToken.END_OBJECT && parser.streamReadContext().inRoot()) {
          return; // The blank line follows.
        }
      }
    }
  }
}
