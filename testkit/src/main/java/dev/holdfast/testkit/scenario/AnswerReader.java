package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.AnswerStyle;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the {@code answer} of a scenario file. */
final class AnswerReader {
  private static final Set<String> KEYS =
      Set.of("text", "style", "words", "refusal", "reasoning", "tools");
  private static final int WORDS = 120;
  private static final int MAX_WORDS = 1_000_000;

  private final ScenarioNodes nodes;

  AnswerReader(ScenarioNodes nodes) {
    this.nodes = nodes;
  }

  Answer read(String key, TestJson node, long seed) {
    if (node instanceof TestJson.Str(String plain, int line)) {
      return Answer.ofText(plain);
    }
    Map<String, TestJson> keys = nodes.members(key, node, KEYS);
    TestJson refusal = keys.get("refusal");
    Answer answer = spoken(key, keys, node, seed);
    if (refusal != null) {
      String words = nodes.text(key + ".refusal", refusal);
      if (words.isEmpty()) {
        throw nodes.complaint(refusal, key + ".refusal", "must not be empty", "''");
      }
      answer = answer.withRefusal(words);
    }
    TestJson reasoning = keys.get("reasoning");
    if (reasoning != null) {
      answer = answer.withReasoning(nodes.text(key + ".reasoning", reasoning));
    }
    TestJson tools = keys.get("tools");
    if (tools != null) {
      for (TestJson tool : nodes.items(key + ".tools", tools)) {
        answer = withTool(key + ".tools", answer, tool);
      }
    }
    return answer;
  }

  /** The answer's text before it declines or calls a tool; may be empty then. */
  private Answer spoken(String key, Map<String, TestJson> keys, TestJson node, long seed) {
    TestJson words = keys.get("text");
    TestJson style = keys.get("style");
    if (words != null && style != null) {
      throw nodes.complaint(node, key, "must have either a text or a style", node.shown());
    }
    if (words != null) {
      return Answer.ofText(nodes.text(key + ".text", words));
    }
    if (style != null) {
      return generated(key, style, keys.get("words"), seed);
    }
    if (!keys.containsKey("refusal") && !keys.containsKey("tools")) {
      throw nodes.complaint(
          node, key, "must have a text, a style, a refusal or tools", node.shown());
    }
    return Answer.ofText("");
  }

  private Answer generated(String key, TestJson node, @Nullable TestJson count, long seed) {
    String name = nodes.text(key + ".style", node);
    for (AnswerStyle style : AnswerStyle.values()) {
      if (style.id().equals(name)) {
        long words = count == null ? WORDS : nodes.number(key + ".words", count);
        if (words < 1 || words > MAX_WORDS) {
          throw nodes.complaint(
              count == null ? node : count,
              key + ".words",
              "must be 1 to " + MAX_WORDS,
              "" + words);
        }
        return Answer.ofText(AnswerGenerator.text(seed, style, (int) words));
      }
    }
    throw nodes.complaint(node, key + ".style", "must be one of " + AnswerStyle.ids(), name);
  }

  private Answer withTool(String key, Answer answer, TestJson node) {
    Map<String, TestJson> keys = nodes.members(key, node, Set.of("id", "name", "arguments"));
    String id = nodes.text(key + ".id", nodes.need(key, "id", keys, node));
    String name = nodes.text(key + ".name", nodes.need(key, "name", keys, node));
    TestJson json = nodes.need(key, "arguments", keys, node);
    String arguments = nodes.text(key + ".arguments", json);
    try {
      TestJson.parse(arguments);
    } catch (JsonException e) {
      throw nodes.complaint(json, key + ".arguments", "must be JSON as text", arguments);
    }
    return nodes.checked(key + ": ", node, () -> answer.withTool(id, name, arguments));
  }
}
