package dev.holdfast.gateway.config.file;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** A YAML 1.2 document as values with their lines. Aliases and tags of other types are refused. */
sealed interface YamlTree {
  /** The longest document. */
  int MAX_CHARS = 1 << 20;

  /** The deepest nesting. */
  int MAX_DEPTH = 16;

  /** {@return its first line, from 1} */
  int line();

  /** Members by name. */
  record Section(Map<String, Entry> members, int line) implements YamlTree {}

  /** A member; {@code line} is that of its key. */
  record Entry(int line, YamlTree content) {}

  /** Items in order. */
  record Items(List<YamlTree> items, int line) implements YamlTree {}

  /** A scalar; {@code type} is what its text is in YAML. */
  record Scalar(String text, Type type, int line) implements YamlTree {}

  /** What a scalar is. */
  enum Type {
    TEXT("text"),
    INTEGER("a whole number"),
    FRACTION("a number"),
    TRUTH("true or false"),
    NOTHING("nothing");

    private final String words;

    Type(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** {@return the one value of a document; null if it is none, which the findings name} */
  static @Nullable YamlTree parse(String document, Findings findings) {
    var settings =
        LoadSettings.builder().setCodePointLimit(MAX_CHARS).setAllowNonScalarKeys(true).build();
    try {
      if (!check(parser(settings, document), findings)) {
        return null;
      }
      Node root = new Composer(settings, parser(settings, document)).getSingleNode().orElse(null);
      return root == null ? new Section(Map.of(), 1) : read(root, "", findings);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
      findings.add(line, "file", "must be YAML 1.2: " + problem(e));
    } catch (ReaderException e) {
      long line =
          document.chars().limit(Math.max(0, e.getPosition())).filter(c -> c == '\n').count();
      findings.add(
          (int) line + 1,
          "file",
          "must have characters that YAML allows, was U+%04X".formatted(e.getCodePoint()));
    } catch (YamlEngineException e) {
      findings.add(1, "file", "must be YAML of one document, at most 1 MiB");
    }
    return null;
  }

  /** What is no sentence without its context begins with "but". */
  private static String problem(MarkedYamlEngineException e) {
    String problem = String.valueOf(e.getProblem());
    return problem.startsWith("but ") ? e.getContext() + ", " + problem : problem;
  }

  private static Parser parser(LoadSettings settings, String document) {
    return new ParserImpl(settings, new StreamReader(settings, document));
  }

  /** Refuses what would make the tree deep or, by aliases, larger than the text. */
  private static boolean check(Parser events, Findings findings) {
    int depth = 0;
    while (events.hasNext()) {
      Event event = events.next();
      int line = event.getStartMark().map(Mark::getLine).orElse(0) + 1;
      switch (event.getEventId()) {
        case Alias -> {
          findings.add(line, "file", "must have no aliases");
          return false;
        }
        case MappingStart, SequenceStart -> {
          if (++depth > MAX_DEPTH) {
            findings.add(line, "file", "must be at most " + MAX_DEPTH + " levels deep");
            return false;
          }
        }
        case MappingEnd, SequenceEnd -> depth--;
        default -> {}
      }
    }
    return true;
  }

  private static YamlTree read(Node node, String path, Findings findings) {
    int line = line(node);
    return switch (node) {
      case MappingNode mapping -> new Section(members(mapping, path, findings), line);
      case SequenceNode sequence -> {
        List<YamlTree> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          items.add(read(item, path + "[" + items.size() + "]", findings));
        }
        yield new Items(items, line);
      }
      case ScalarNode scalar -> scalar(scalar, path, findings);
      default -> new Scalar("", Type.NOTHING, line);
    };
  }

  private static Map<String, Entry> members(MappingNode mapping, String path, Findings findings) {
    var members = new LinkedHashMap<String, Entry>();
    for (var entry : mapping.getValue()) {
      int line = line(entry.getKeyNode());
      if (!(entry.getKeyNode() instanceof ScalarNode name)) {
        findings.add(line, path.isEmpty() ? "file" : path, "must have text for keys");
        continue;
      }
      String key = name.getValue();
      String below = path.isEmpty() ? key : path + "." + key;
      var before = members.get(key);
      if (before != null) {
        findings.add(line, below, "must be there once, was also in line " + before.line());
        continue;
      }
      members.put(key, new Entry(line, read(entry.getValueNode(), below, findings)));
    }
    return members;
  }

  private static Scalar scalar(ScalarNode scalar, String path, Findings findings) {
    Tag tag = scalar.getTag();
    int line = line(scalar);
    Type type = Type.TEXT;
    if (tag.equals(Tag.INT)) {
      type = Type.INTEGER;
    } else if (tag.equals(Tag.FLOAT)) {
      type = Type.FRACTION;
    } else if (tag.equals(Tag.BOOL)) {
      type = Type.TRUTH;
    } else if (tag.equals(Tag.NULL)) {
      type = Type.NOTHING;
    } else if (!tag.equals(Tag.STR) && !tag.equals(Tag.ENV_TAG)) {
      findings.add(line, path, "must have no tags", tag.getValue());
    }
    return new Scalar(scalar.getValue(), type, line);
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
