package dev.holdfast.testkit.sim;

import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.WireFrame;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What a healthy reply says, read without the code under test. */
final class Said {
  private static final JsonFactory JSON = new JsonFactory();

  private Said() {}

  /** {@return the text of all frames of the reply} */
  static String text(Reply reply) {
    var text = new StringBuilder();
    for (WireFrame frame : reply.frames()) {
      if (frame.kind() == WireFrame.Kind.CONTENT) {
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
