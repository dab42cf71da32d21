package dev.holdfast.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads scenario files, YAML and JSON alike; every complaint names file, line, key, rule and value.
 */
final class ScenarioReader {
  private final String file;
  private final @Nullable Long seed;

  ScenarioReader(String file) {
    this(file, null);
  }

  /** Reads with this seed rather than the file's, if it is not null. */
  ScenarioReader(String file, @Nullable Long seed) {
    this.file = file;
    this.seed = seed;
  }

  Scenario read(String text) {
    Json root;
    try {
      root = file.endsWith(".json") ? Json.parse(text) : Yaml.parse(text);
    } catch (JsonException e) {
      throw new IllegalArgumentException(file + ":" + e.line() + ": " + e.getMessage(), e);
    }
    Map<String, Json> keys =
        members(
            "scenario",
            root,
            Set.of(
                "seed",
                "answer",
                "continuation",
                "pace",
                "attempts",
                "sometimes",
                "phases",
                "repeat"));
    Json seedNode = keys.get("seed");
    long read = seedNode == null ? 0 : number("seed", seedNode);
    long drawn = seed == null ? read : seed;
    var scenario = Scenario.builder().seed(drawn);
    keys.forEach((key, node) -> take(scenario, key, node, drawn));
    return scenario.build();
  }

  private void take(ScenarioBuilder scenario, String key, Json node, long seed) {
    switch (key) {
      case "answer" -> scenario.answer(answer(node, seed));
      case "continuation" ->
          scenario.continuation(checked("", node, () -> Continuation.parse(text(key, node))));
      case "pace" -> scenario.pace(pace(node));
      case "attempts" -> attempts(node).forEach(scenario::attempt);
      case "sometimes" -> chances(key, node).forEach(scenario::sometimes);
      case "phases" -> phases(node).forEach(scenario::phase);
      case "repeat" -> {
        if (!(node instanceof Json.Bool(boolean on, int line))) {
          throw complaint(node, key, "must be true or false", node.shown());
        }
        if (on) {
          scenario.repeatingPhases();
        }
      }
      default -> {} // The seed, which came first.
    }
  }

  private Duration pace(Json node) {
    return checked(
        "",
        node,
        () -> new Fault.Slow(FaultArguments.readTime("pace", text("pace", node))).delay());
  }

  private Answer answer(Json node, long seed) {
    if (node instanceof Json.Str(String plain, int line)) {
      return Answer.ofText(plain);
    }
    Map<String, Json> keys =
        members("answer", node, Set.of("text", "reasoning", "tools", "style", "words"));
    if (keys.containsKey("text") == keys.containsKey("style")) {
      throw complaint(node, "answer", "must have either a text or a style", node.shown());
    }
    Json words = keys.get("text");
    Answer answer =
        words == null ? generated(keys, node, seed) : Answer.ofText(text("answer.text", words));
    Json reasoning = keys.get("reasoning");
    if (reasoning != null) {
      answer = answer.withReasoning(text("answer.reasoning", reasoning));
    }
    Json tools = keys.get("tools");
    if (tools != null) {
      for (Json tool : items("answer.tools", tools)) {
        answer = withTool(answer, tool);
      }
    }
    return answer;
  }

  private Answer generated(Map<String, Json> keys, Json parent, long seed) {
    Json node = need("answer", "style", keys, parent);
    String name = text("answer.style", node);
    for (AnswerStyle style : AnswerStyle.values()) {
      if (style.id().equals(name)) {
        Json count = keys.get("words");
        long words = count == null ? 120 : number("answer.words", count);
        if (words < 1 || words > 1_000_000) {
          throw complaint(parent, "answer.words", "must be 1 to 1000000", "" + words);
        }
        return Answer.ofText(AnswerGenerator.text(seed, style, (int) words));
      }
    }
    throw complaint(node, "answer.style", "must be one of " + AnswerStyle.ids(), name);
  }

  private Answer withTool(Answer answer, Json node) {
    Map<String, Json> keys = members("answer.tools", node, Set.of("id", "name", "arguments"));
    String id = text("answer.tools.id", need("answer.tools", "id", keys, node));
    String name = text("answer.tools.name", need("answer.tools", "name", keys, node));
    Json json = need("answer.tools", "arguments", keys, node);
    String arguments = text("answer.tools.arguments", json);
    try {
      Json.parse(arguments);
    } catch (JsonException e) {
      throw complaint(json, "answer.tools.arguments", "must be JSON as text", arguments);
    }
    return checked("answer.tools: ", node, () -> answer.withTool(id, name, arguments));
  }

  private Json need(String key, String member, Map<String, Json> keys, Json parent) {
    Json node = keys.get(member);
    if (node == null) {
      throw complaint(parent, key, "must have a member " + member, parent.shown());
    }
    return node;
  }

  private List<List<Fault>> attempts(Json node) {
    var attempts = new ArrayList<List<Fault>>();
    for (Json one : items("attempts", node)) {
      attempts.add(faults("attempts[" + attempts.size() + "]", one));
    }
    return attempts;
  }

  /** Reads one text of faults, or a list of such texts. */
  private List<Fault> faults(String key, Json node) {
    var faults = new ArrayList<Fault>();
    for (Json spec : node instanceof Json.Str ? List.of(node) : items(key, node)) {
      faults.addAll(checked(key + ": ", spec, () -> Fault.parseAll(text(key, spec))));
    }
    return faults;
  }

  private List<Phase.Chance> chances(String key, Json node) {
    var chances = new ArrayList<Phase.Chance>();
    for (Json one : items(key, node)) {
      String at = key + "[" + chances.size() + "]";
      Map<String, Json> keys = members(at, one, Set.of("chance", "faults"));
      List<Fault> faults = faults(at + ".faults", need(at, "faults", keys, one));
      double chance = fraction(at + ".chance", need(at, "chance", keys, one));
      chances.add(new Phase.Chance(chance, faults));
    }
    return chances;
  }

  private List<Phase> phases(Json node) {
    var phases = new ArrayList<Phase>();
    for (Json one : items("phases", node)) {
      String key = "phases[" + phases.size() + "]";
      Map<String, Json> keys = members(key, one, Set.of("name", "for", "faults", "sometimes"));
      Json name = need(key, "name", keys, one);
      Json length = need(key, "for", keys, one);
      var chances = new ArrayList<Phase.Chance>();
      Json always = keys.get("faults");
      if (always != null) {
        chances.add(Phase.Chance.always(faults(key + ".faults", always)));
      }
      Json sometimes = keys.get("sometimes");
      if (sometimes != null) {
        chances.addAll(chances(key + ".sometimes", sometimes));
      }
      phases.add(
          checked(
              key + ".",
              length,
              () ->
                  new Phase(
                      text(key + ".name", name),
                      FaultArguments.readTime("for", text(key + ".for", length)),
                      chances)));
    }
    return phases;
  }

  private double fraction(String key, Json node) {
    if (node instanceof Json.Num(String text, int line)
        && text.matches("0(\\.\\d{1,9})?|1(\\.0{1,9})?")) {
      return Double.parseDouble(text);
    }
    throw complaint(node, key, "must be a number from 0 to 1", node.shown());
  }

  private Map<String, Json> members(String key, Json node, Set<String> known) {
    if (!(node instanceof Json.Obj(Map<String, Json> members, int line))) {
      throw complaint(node, key, "must be an object", node.shown());
    }
    members.forEach((name, value) -> {
      if (!known.contains(name)) {
        throw complaint(
            value,
            key,
            "must have no other keys than " + String.join(", ", new TreeSet<>(known)),
            name);
      }
    });
    return members;
  }

  private List<Json> items(String key, Json node) {
    if (node instanceof Json.Arr(List<Json> items, int line)) {
      return items;
    }
    throw complaint(node, key, "must be a list", node.shown());
  }

  private String text(String key, Json node) {
    if (node instanceof Json.Str(String text, int line)) {
      return text;
    }
    throw complaint(node, key, "must be a string", node.shown());
  }

  private long number(String key, Json node) {
    if (node instanceof Json.Num(String text, int line) && text.matches("-?\\d{1,18}")) {
      return Long.parseLong(text);
    }
    throw complaint(node, key, "must be a whole number", node.shown());
  }

  /** Something that can throw a complaint of its own. */
  private interface Reading<T> {
    T read();
  }

  /** Adds file and line to what a value says of itself. */
  private <T> T checked(String prefix, Json node, Reading<T> reading) {
    try {
      return reading.read();
    } catch (Complaint e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new Complaint(file + ":" + node.line() + ": " + prefix + e.getMessage());
    }
  }

  private Complaint complaint(Json node, String key, String rule, String was) {
    return new Complaint(file + ":" + node.line() + ": " + key + ": " + rule + ", was " + was);
  }

  /** A complaint that has its file and line already. */
  private static final class Complaint extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    Complaint(String message) {
      super(message);
    }
  }
}
