package dev.holdfast.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
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
  static Json parse(String document) {
    var settings =
        LoadSettings.builder()
            .setCodePointLimit(MAX_CHARS)
            .setMaxAliasesForCollections(0)
            .setAllowRecursiveKeys(false)
            .build();
    try {
      Node root =
          new Composer(settings, new ParserImpl(settings, new StreamReader(settings, document)))
              .getSingleNode()
              .orElseThrow(() -> new JsonException(1, "must hold a value"));
      return read(root, 0);
    } catch (MarkedYamlEngineException e) {
      throw new JsonException(
          e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1), "must be valid YAML");
    } catch (YamlEngineException e) {
      throw new JsonException(1, "must be YAML of one document, within reasonable limits");
    }
  }

  private static Json read(Node node, int depth) {
    int line = line(node);
    if (depth > MAX_DEPTH) {
      throw new JsonException(line, "must be YAML within reasonable limits");
    }
    return switch (node) {
      case MappingNode mapping -> new Json.Obj(members(mapping, depth), line);
      case SequenceNode sequence -> {
        List<Json> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          items.add(read(item, depth + 1));
        }
        yield new Json.Arr(items, line);
      }
      case ScalarNode scalar -> scalar(scalar, line);
      default -> throw new JsonException(line, "must be valid YAML");
    };
  }

  private static Map<String, Json> members(MappingNode mapping, int depth) {
    var members = new LinkedHashMap<String, Json>();
    for (NodeTuple entry : mapping.getValue()) {
      Node key = entry.getKeyNode();
      if (!(key instanceof ScalarNode name)) {
        throw new JsonException(line(key), "must have text for keys");
      }
      if (members.put(name.getValue(), read(entry.getValueNode(), depth + 1)) != null) {
        throw new JsonException(line(key), "must have each key once, was " + name.getValue());
      }
    }
    return members;
  }

  private static Json scalar(ScalarNode scalar, int line) {
    Tag tag = scalar.getTag();
    String text = scalar.getValue();
    if (tag.equals(Tag.STR)) {
      return new Json.Str(text, line);
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      return new Json.Num(text, line);
    }
    if (tag.equals(Tag.BOOL)) {
      return new Json.Bool(Boolean.parseBoolean(text), line);
    }
    if (tag.equals(Tag.NULL)) {
      return new Json.Nil(line);
    }
    throw new JsonException(line, "must have no tags, was " + tag.getValue());
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
