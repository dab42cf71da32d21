package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * YAML 1.2 as the tree that JSON makes, lines included. Aliases and tags of other types are
 * refused.
 */
final class Yaml {
  private static final int MAX_CHARS = 1 << 20;
  private static final int MAX_DEPTH = 32;

  private Yaml() {}

  /**
   * {@return the one value of a document}
   *
   * @throws JsonException if it is none
   */
  static TestJson parse(String document) {
    var settings = LoadSettings.builder().setCodePointLimit(MAX_CHARS).build();
    try {
      checkEvents(parser(settings, document));
      Node root =
          new Composer(settings, parser(settings, document))
              .getSingleNode()
              .orElseThrow(() -> new JsonException(1, "must hold a value"));
      return read(root);
    } catch (MarkedYamlEngineException e) {
      throw new JsonException(
          e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1), "must be valid YAML");
    } catch (YamlEngineException e) {
      throw new JsonException(1, "must be YAML of one document, within reasonable limits");
    }
  }

  private static Parser parser(LoadSettings settings, String document) {
    return new ParserImpl(settings, new StreamReader(settings, document));
  }

  /** Refuses what would make the tree deep or, by aliases, larger than the text. */
  private static void checkEvents(Parser events) {
    int depth = 0;
    while (events.hasNext()) {
      Event event = events.next();
      int line = event.getStartMark().map(Mark::getLine).orElse(0) + 1;
      switch (event.getEventId()) {
        case Alias -> throw new JsonException(line, "must have no aliases");
        case MappingStart, SequenceStart -> {
          if (++depth > MAX_DEPTH) {
            throw new JsonException(line, "must be at most " + MAX_DEPTH + " levels deep");
          }
        }
        case MappingEnd, SequenceEnd -> depth--;
        default -> {}
      }
    }
  }

  private static TestJson read(Node node) {
    int line = line(node);
    return switch (node) {
      case MappingNode mapping -> new TestJson.Obj(members(mapping), line);
      case SequenceNode sequence -> {
        List<TestJson> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          items.add(read(item));
        }
        yield new TestJson.Arr(items, line);
      }
      case ScalarNode scalar -> scalar(scalar, line);
      default -> throw new JsonException(line, "must be valid YAML");
    };
  }

  private static Map<String, TestJson> members(MappingNode mapping) {
    var members = new LinkedHashMap<String, TestJson>();
    for (NodeTuple entry : mapping.getValue()) {
      Node key = entry.getKeyNode();
      if (!(key instanceof ScalarNode name)) {
        throw new JsonException(line(key), "must have text for keys");
      }
      if (members.put(name.getValue(), read(entry.getValueNode())) != null) {
        throw new JsonException(line(key), "must have each key once, was " + name.getValue());
      }
    }
    return members;
  }

  private static TestJson scalar(ScalarNode scalar, int line) {
    Tag tag = scalar.getTag();
    String text = scalar.getValue();
    if (tag.equals(Tag.STR)) {
      return new TestJson.Str(text, line);
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      return new TestJson.Num(text, line);
    }
    if (tag.equals(Tag.BOOL)) {
      return new TestJson.Bool(Boolean.parseBoolean(text), line);
    }
    if (tag.equals(Tag.NULL)) {
      return new TestJson.Nil(line);
    }
    throw new JsonException(line, "must have no tags, was " + tag.getValue());
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
