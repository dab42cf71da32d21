package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.json.TestJson;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Checks the nodes of a scenario file; errors contain file and line. */
final class ScenarioNodes {
  private final String file;

  ScenarioNodes(String file) {
    this.file = file;
  }

  Map<String, TestJson> members(String key, TestJson node, Set<String> known) {
    if (!(node instanceof TestJson.Obj(Map<String, TestJson> members, int line))) {
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

  TestJson need(String key, String member, Map<String, TestJson> keys, TestJson parent) {
    TestJson node = keys.get(member);
    if (node == null) {
      throw complaint(parent, key, "must have a member " + member, parent.shown());
    }
    return node;
  }

  List<TestJson> items(String key, TestJson node) {
    if (node instanceof TestJson.Arr(List<TestJson> items, int line)) {
      return items;
    }
    throw complaint(node, key, "must be a list", node.shown());
  }

  String text(String key, TestJson node) {
    if (node instanceof TestJson.Str(String text, int line)) {
      return text;
    }
    throw complaint(node, key, "must be a string", node.shown());
  }

  long number(String key, TestJson node) {
    if (node instanceof TestJson.Num(String text, int line) && text.matches("-?\\d{1,18}")) {
      return Long.parseLong(text);
    }
    throw complaint(node, key, "must be a whole number", node.shown());
  }

  /** Something that can throw a complaint of its own. */
  interface Reading<T> {
    T read();
  }

  /** Adds file and line to a value's own error. */
  <T> T checked(String prefix, TestJson node, Reading<T> reading) {
    try {
      return reading.read();
    } catch (Complaint e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new Complaint(file + ":" + node.line() + ": " + prefix + e.getMessage());
    }
  }

  Complaint complaint(TestJson node, String key, String rule, String was) {
    return new Complaint(file + ":" + node.line() + ": " + key + ": " + rule + ", was " + was);
  }

  /** A complaint that has its file and line already. */
  static final class Complaint extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    Complaint(String message) {
      super(message);
    }
  }
}
