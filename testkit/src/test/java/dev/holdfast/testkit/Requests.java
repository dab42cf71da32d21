package dev.holdfast.testkit;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.wire.WireTemplates;
import java.util.ArrayList;
import java.util.regex.Pattern;

/** Requests of every protocol, written by hand, and their replies taken apart. */
public final class Requests {
  private Requests() {}

  /** {@return where a protocol's streams are asked for, with the slash} */
  public static String address(Protocol protocol) {
    String root = protocol.root().isEmpty() ? "" : "/" + protocol.root();
    return root + "/" + protocol.path().replace("{model}", "gemini-2.5-flash");
  }

  /** {@return a request for a stream; the user and the model take turns} */
  public static String of(Protocol protocol, String... turns) {
    var said = new ArrayList<String>();
    for (int i = 0; i < turns.length; i++) {
      said.add(turn(protocol, i % 2 == 1, TestJson.quote(turns[i])));
    }
    String all = "[" + String.join(",", said) + "]";
    return switch (protocol) {
      case OPENAI_CHAT ->
          "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":"
              + all
              + "}";
      case ANTHROPIC_MESSAGES ->
          "{\"model\":\"m\",\"stream\":true,\"max_tokens\":99,\"messages\":" + all + "}";
      case OPENAI_RESPONSES -> "{\"model\":\"m\",\"stream\":true,\"input\":" + all + "}";
      case GEMINI_SSE, GEMINI_JSON_ARRAY -> "{\"contents\":" + all + "}";
      case OLLAMA_CHAT -> "{\"model\":\"m\",\"stream\":true,\"messages\":" + all + "}";
    };
  }

  private static String turn(Protocol protocol, boolean model, String text) {
    return switch (protocol) {
      case OPENAI_CHAT, ANTHROPIC_MESSAGES, OLLAMA_CHAT ->
          "{\"role\":\"%s\",\"content\":%s}".formatted(model ? "assistant" : "user", text);
      case OPENAI_RESPONSES ->
          model
              ? "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":%s}]}"
                  .formatted(text)
              : "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":%s}]}"
                  .formatted(text);
      case GEMINI_SSE, GEMINI_JSON_ARRAY ->
          "{\"role\":\"%s\",\"parts\":[{\"text\":%s}]}".formatted(model ? "model" : "user", text);
    };
  }

  /** {@return the events of a body, without what tells them apart; brackets are events} */
  public static java.util.List<String> events(Protocol protocol, String body) {
    var events = new ArrayList<String>();
    String rest = body;
    if (protocol == Protocol.GEMINI_JSON_ARRAY) {
      events.add("[");
      rest = body.substring(1).replaceFirst("\n]\n$", "\n,\r\n]\n,\r\n");
    }
    String close = WireTemplates.of(protocol).framing().close();
    for (String event : rest.split(Pattern.quote(close), -1)) {
      events.add(event);
    }
    if (events.getLast().isEmpty()) {
      events.removeLast();
    }
    return events;
  }
}
