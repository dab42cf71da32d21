package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.TestJson;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the {@code when} of a rule in a scenario file. */
final class MatchReader {
  private static final Set<String> KEYS =
      Set.of("protocol", "model", "prompt", "tool-result", "path", "headers", "requests");
  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:(-)(\\d{1,9})?)?");

  private final ScenarioNodes nodes;

  MatchReader(ScenarioNodes nodes) {
    this.nodes = nodes;
  }

  RequestMatch read(String key, TestJson node) {
    RequestMatch match = RequestMatch.any();
    for (var entry : nodes.members(key, node, KEYS).entrySet()) {
      String at = key + "." + entry.getKey();
      TestJson value = entry.getValue();
      RequestMatch before = match;
      // The match names the part, so that the place is all that is missing.
      match = nodes.checked(key + ".", value, () -> with(before, entry.getKey(), at, value));
    }
    return match;
  }

  private RequestMatch with(RequestMatch match, String part, String at, TestJson value) {
    return switch (part) {
      case "protocol" -> match.withProtocols(protocols(at, value));
      case "model" -> match.withModel(nodes.text(at, value));
      case "prompt" -> match.withPrompt(nodes.text(at, value));
      case "tool-result" -> {
        if (!(value instanceof TestJson.Bool(boolean present, int line))) {
          throw nodes.complaint(value, at, "must be true or false", value.shown());
        }
        yield match.withToolResult(present);
      }
      case "path" -> match.withPath(nodes.text(at, value));
      case "headers" -> {
        RequestMatch all = match;
        for (var header : headers(at, value).entrySet()) {
          all = all.withHeader(header.getKey(), header.getValue());
        }
        yield all;
      }
      case "requests" -> requests(match, at, value);
      default -> throw new IllegalStateException("key: must be known, was " + part);
    };
  }

  /** One protocol or a list of them. */
  private Protocol[] protocols(String key, TestJson node) {
    var all = new TreeSet<Protocol>();
    if (node instanceof TestJson.Str(String id, int line)) {
      all.add(Protocol.of(id));
    } else {
      for (TestJson one : nodes.items(key, node)) {
        all.add(Protocol.of(nodes.text(key, one)));
      }
    }
    if (all.isEmpty()) {
      throw nodes.complaint(node, key, "must name a protocol", node.shown());
    }
    return all.toArray(Protocol[]::new);
  }

  private Map<String, String> headers(String key, TestJson node) {
    if (!(node instanceof TestJson.Obj(Map<String, TestJson> members, int line))) {
      throw nodes.complaint(node, key, "must be an object", node.shown());
    }
    var headers = new LinkedHashMap<String, String>();
    members.forEach((name, content) -> headers.put(name, nodes.text(key + "." + name, content)));
    return headers;
  }

  /** A number, or a range with or without an end. */
  private RequestMatch requests(RequestMatch match, String key, TestJson node) {
    String text =
        node instanceof TestJson.Num(String number, int line) ? number : nodes.text(key, node);
    Matcher range = RANGE.matcher(text);
    if (!range.matches()) {
      throw nodes.complaint(
          node, key, "must be a number, or a range such as 2-4 or 5-", node.shown());
    }
    long first = Long.parseLong(range.group(1));
    if (range.group(2) == null) {
      return match.withRequest(first);
    }
    String end = range.group(3);
    return match.withRequests(first, end == null ? Long.MAX_VALUE : Long.parseLong(end));
  }
}
