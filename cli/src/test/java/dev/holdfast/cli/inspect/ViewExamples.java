package dev.holdfast.cli.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.cli.Cli;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The table of bodies in {@code fixtures/views/examples.txt}. */
final class ViewExamples {
  private static final Path TABLE =
      Path.of(System.getProperty("holdfast.root", "."), "fixtures/views/examples.txt");

  private static final Pattern TOOL_CALL =
      Pattern.compile("tc\\(([^,]*),([^,]*),([^,]*),['\"](.*)['\"]\\)");

  private ViewExamples() {}

  /**
   * A body and what every view must make of it.
   *
   * @param head the members of its head
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Example(String name, Map<String, String> head, byte[] body) {
    String get(String member) {
      return head.getOrDefault(member, "");
    }

    /** {@return the members of the head that is a list} */
    List<String> list(String member) {
      return get(member).isEmpty() ? List.of() : List.of(get(member).split("; "));
    }

    String auto() {
      return head.getOrDefault("auto", get("dialect"));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Example> all() throws IOException {
    var examples = new ArrayList<Example>();
    for (var block : Files.readString(TABLE).split("(?m)^=== ", -1)) {
      if (!block.startsWith("#")) {
        examples.add(example(block));
      }
    }
    return examples;
  }

  private static Example example(String block) {
    var lines = block.lines().toList();
    int split = lines.indexOf("---");
    var head = new HashMap<String, String>();
    for (var line : lines.subList(1, split)) {
      int colon = line.indexOf(": ");
      head.put(line.substring(0, colon), line.substring(colon + 2));
    }
    var body = new StringBuilder();
    for (var line : lines.subList(split + 1, lines.size())) {
      body.append(wire(line));
    }
    return new Example(lines.getFirst(), head, body.toString().getBytes(UTF_8));
  }

  private static String wire(String line) {
    var call = TOOL_CALL.matcher(line);
    if (line.isEmpty()) {
      return "";
    } else if (line.startsWith("|")) {
      return line.substring(Math.min(2, line.length())) + "\n";
    } else if (call.matches()) {
      return toolCall(call.group(1), call.group(2), call.group(3), call.group(4));
    } else if (line.equals("done")) {
      return data("[DONE]");
    }
    int space = line.indexOf(' ');
    String rest = line.substring(space + 1);
    return switch (line.substring(0, space)) {
      case "text" -> chunk("{\"content\":" + new Json.Str(rest).write() + "}", "null");
      case "finish" -> chunk("{}", '"' + rest + '"');
      case "chunk" -> data(rest);
      case "event" -> "event: " + type(rest) + "\n" + data(rest);
      default -> throw new IllegalArgumentException("line: must be one of the head's, was " + line);
    };
  }

  private static String type(String json) {
    return Cli.object(json).text("type");
  }

  private static String toolCall(String index, String id, String name, String arguments) {
    String function =
        (name.equals("-") ? "" : "\"name\":\"" + name + "\",")
            + "\"arguments\":"
            + new Json.Str(arguments).write();
    return chunk(
        "{\"tool_calls\":[{"
            + (index.equals("-") ? "" : "\"index\":" + index + ",")
            + (id.equals("-") ? "" : "\"id\":\"" + id + "\",")
            + "\"function\":{"
            + function
            + "}}]}",
        "null");
  }

  private static String chunk(String delta, String finish) {
    return data(
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":"
            + "[{\"index\":0,\"delta\":"
            + delta
            + ",\"finish_reason\":"
            + finish
            + "}]}");
  }

  private static String data(String text) {
    return "data: " + text + "\n\n";
  }
}
