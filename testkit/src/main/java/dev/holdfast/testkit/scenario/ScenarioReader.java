package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.FaultArguments;
import dev.holdfast.testkit.fault.FaultPhase;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads scenario files, YAML and JSON alike; every complaint names file, line, key, rule and value.
 */
final class ScenarioReader {
  /** Keys of a scenario that a rule may override. */
  private static final Set<String> WHAT =
      Set.of("answer", "continuation", "pace", "attempts", "sometimes", "phases", "repeat");

  private final String file;
  private final @Nullable Long seed;
  private final ScenarioNodes nodes;
  private final AnswerReader answers;
  private final MatchReader matches;

  ScenarioReader(String file) {
    this(file, null);
  }

  /** Reads with this seed rather than the file's, if it is not null. */
  ScenarioReader(String file, @Nullable Long seed) {
    this.file = file;
    this.seed = seed;
    nodes = new ScenarioNodes(file);
    answers = new AnswerReader(nodes);
    matches = new MatchReader(nodes);
  }

  Scenario read(String text) {
    TestJson root;
    try {
      root = file.endsWith(".json") ? TestJson.parse(text) : Yaml.parse(text);
    } catch (JsonException e) {
      throw new IllegalArgumentException(file + ":" + e.line() + ": " + e.getMessage(), e);
    }
    Map<String, TestJson> keys = nodes.members("scenario", root, with(WHAT, "seed", "rules"));
    TestJson seedNode = keys.get("seed");
    long read = seedNode == null ? 0 : nodes.number("seed", seedNode);
    long drawn = seed == null ? read : seed;
    var scenario = Scenario.builder().seed(drawn);
    keys.forEach((key, node) -> take(scenario, "", key, node, drawn));
    return scenario.build();
  }

  private static Set<String> with(Set<String> keys, String... more) {
    var all = new TreeSet<>(keys);
    all.addAll(Arrays.asList(more));
    return all;
  }

  /** Takes one key of a scenario, or of a rule, whose place is {@code at}. */
  private void take(ScenarioBuilder scenario, String at, String key, TestJson node, long seed) {
    String path = at + key;
    switch (key) {
      case "answer" -> scenario.answer(answers.read(path, node, seed));
      case "continuation" ->
          scenario.continuation(
              nodes.checked(at, node, () -> Continuation.parse(nodes.text(path, node))));
      case "pace" -> scenario.pace(pace(at, node));
      case "attempts" -> attempts(path, node).forEach(scenario.nothing(key)::attempt);
      case "sometimes" -> chances(path, node).forEach(scenario.nothing(key)::sometimes);
      case "phases" -> phases(path, node).forEach(scenario.nothing(key)::phase);
      case "repeat" -> {
        if (!(node instanceof TestJson.Bool(boolean on, int line))) {
          throw nodes.complaint(node, path, "must be true or false", node.shown());
        }
        if (on) {
          scenario.repeatingPhases();
        }
      }
      case "rules" -> rules(scenario, node, seed);
      default -> {} // The seed and a rule's conditions, which came first.
    }
  }

  private void rules(ScenarioBuilder scenario, TestJson node, long seed) {
    List<TestJson> items = nodes.items("rules", node);
    for (int i = 0; i < items.size(); i++) {
      TestJson one = items.get(i);
      String at = "rules[" + i + "].";
      Map<String, TestJson> keys = nodes.members("rules[" + i + "]", one, with(WHAT, "when"));
      TestJson repeat = keys.get("repeat");
      if (repeat != null && !keys.containsKey("phases")) {
        throw nodes.complaint(repeat, at + "repeat", "must stand beside phases", repeat.shown());
      }
      TestJson when = nodes.need("rules[" + i + "]", "when", keys, one);
      var then = new ScenarioBuilder();
      keys.forEach((key, value) -> take(then, at, key, value, seed));
      scenario.rule(matches.read(at + "when", when), then);
    }
  }

  private Duration pace(String at, TestJson node) {
    return nodes.checked(
        at,
        node,
        () -> {
          Duration time = FaultArguments.readTime("pace", nodes.text(at + "pace", node));
          // Zero takes the pace of all others back in a rule.
          return time.isZero() ? time : new Fault.Slow(time).delay();
        });
  }

  private List<List<Fault>> attempts(String key, TestJson node) {
    var attempts = new ArrayList<List<Fault>>();
    for (TestJson one : nodes.items(key, node)) {
      attempts.add(faults(key + "[" + attempts.size() + "]", one));
    }
    return attempts;
  }

  /** Reads one text of faults, or a list of such texts. */
  private List<Fault> faults(String key, TestJson node) {
    var faults = new ArrayList<Fault>();
    for (TestJson spec : node instanceof TestJson.Str ? List.of(node) : nodes.items(key, node)) {
      faults.addAll(nodes.checked(key + ": ", spec, () -> Fault.parseAll(nodes.text(key, spec))));
    }
    return faults;
  }

  private List<FaultPhase.Chance> chances(String key, TestJson node) {
    var chances = new ArrayList<FaultPhase.Chance>();
    for (TestJson one : nodes.items(key, node)) {
      String at = key + "[" + chances.size() + "]";
      Map<String, TestJson> keys = nodes.members(at, one, Set.of("chance", "faults"));
      List<Fault> faults = faults(at + ".faults", nodes.need(at, "faults", keys, one));
      double chance = fraction(at + ".chance", nodes.need(at, "chance", keys, one));
      chances.add(new FaultPhase.Chance(chance, faults));
    }
    return chances;
  }

  private List<FaultPhase> phases(String path, TestJson node) {
    var phases = new ArrayList<FaultPhase>();
    for (TestJson one : nodes.items(path, node)) {
      String key = path + "[" + phases.size() + "]";
      Map<String, TestJson> keys =
          nodes.members(key, one, Set.of("name", "for", "faults", "sometimes"));
      TestJson name = nodes.need(key, "name", keys, one);
      TestJson length = nodes.need(key, "for", keys, one);
      var chances = new ArrayList<FaultPhase.Chance>();
      TestJson always = keys.get("faults");
      if (always != null) {
        chances.add(FaultPhase.Chance.always(faults(key + ".faults", always)));
      }
      TestJson sometimes = keys.get("sometimes");
      if (sometimes != null) {
        chances.addAll(chances(key + ".sometimes", sometimes));
      }
      phases.add(
          nodes.checked(
              key + ".",
              length,
              () ->
                  new FaultPhase(
                      nodes.text(key + ".name", name),
                      FaultArguments.readTime("for", nodes.text(key + ".for", length)),
                      chances)));
    }
    return phases;
  }

  private double fraction(String key, TestJson node) {
    if (node instanceof TestJson.Num(String text, int line)
        && text.matches("0(\\.\\d{1,9})?|1(\\.0{1,9})?")) {
      return Double.parseDouble(text);
    }
    throw nodes.complaint(node, key, "must be a number from 0 to 1", node.shown());
  }
}
