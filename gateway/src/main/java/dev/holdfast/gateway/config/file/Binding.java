package dev.holdfast.gateway.config.file;

import dev.holdfast.core.guard.Redactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One section of the file. Each method reads one key, records what is wrong with it, and returns
 * the fallback where the key is missing or wrong. So one pass finds all errors. {@link #end}
 * reports the keys that were not asked for.
 */
final class Binding {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]*)}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(B|KiB|MiB|GiB)?");

  private final Findings findings;
  private final Environment environment;
  private final String path;
  private final int line;
  private final Map<String, YamlTree.Entry> members;
  private final Set<String> asked = new HashSet<>();

  Binding(
      Findings findings,
      Environment environment,
      String path,
      int line,
      Map<String, YamlTree.Entry> members) {
    this.findings = findings;
    this.environment = environment;
    this.path = path;
    this.line = line;
    this.members = members;
  }

  /** {@return the line of a key, or of the section where it is missing} */
  int line(String key) {
    var entry = members.get(key);
    return entry == null ? line : entry.line();
  }

  /** {@return whether the section has any key} */
  boolean isThere() {
    return !members.isEmpty();
  }

  boolean has(String key) {
    return members.containsKey(key);
  }

  private String below(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private YamlTree.@Nullable Entry entry(String key) {
    asked.add(key);
    findings.knows(below(key));
    return members.get(key);
  }

  /** Records an error at a key. */
  void error(String key, String rule) {
    findings.add(line(key), below(key), rule);
  }

  /** Records an error at a key, with the value that broke the rule. */
  void error(String key, String rule, String was) {
    findings.add(line(key), below(key), rule, was);
  }

  /** {@return what a check returns; null if it fails, which the findings name} */
  <T> @Nullable T checked(Supplier<T> made) {
    return checked("", made);
  }

  /** The same, whose errors are at a key. */
  <T> @Nullable T checked(String key, Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      String sentence = Redactor.SHAPES.text(String.valueOf(e.getMessage()));
      int colon = sentence.indexOf(": ");
      String named = colon < 0 ? "" : sentence.substring(0, colon);
      String rule = colon < 0 ? sentence : sentence.substring(colon + 2);
      String at = key.isEmpty() ? named : key;
      boolean same =
          at.equals(named)
              || named.equals("upstream")
              || named.equals("journal")
              || named.equals("tls." + at)
              || named.isEmpty();
      findings.add(line(at), below(at), same ? rule : named + ": " + rule);
      return null;
    }
  }

  // ---------------------------------------------------------------- scalars

  private YamlTree.@Nullable Scalar scalar(String key, YamlTree.Type wanted) {
    var entry = entry(key);
    if (entry == null) {
      return null;
    }
    if (!(entry.content() instanceof YamlTree.Scalar scalar)) {
      boolean list = entry.content() instanceof YamlTree.Items;
      error(key, "must be " + wanted.words() + ", was a " + (list ? "list" : "section"));
      return null;
    }
    if (scalar.type() == YamlTree.Type.NOTHING) {
      error(key, "must be " + wanted.words() + ", was empty");
      return null;
    }
    return scalar;
  }

  private void mistyped(String key, YamlTree.Type wanted, YamlTree.Scalar scalar) {
    error(key, "must be " + wanted.words(), scalar.text());
  }

  /** {@return a text in which variables of the environment are replaced} */
  @Nullable String text(String key) {
    var scalar = scalar(key, YamlTree.Type.TEXT);
    return scalar == null ? null : resolved(below(key), scalar);
  }

  String text(String key, String fallback) {
    String text = text(key);
    return text == null ? fallback : text;
  }

  /** {@return a text that must be there; empty if it is not} */
  String required(String key) {
    String text = text(key);
    if (text == null && !members.containsKey(key)) {
      error(key, "must be there");
    }
    return text == null ? "" : text;
  }

  /** {@return a constant of an enum by its name in lower case} */
  <E extends Enum<E>> E word(String key, Class<E> type, E fallback) {
    String text = text(key);
    if (text == null) {
      return fallback;
    }
    var words = new ArrayList<String>();
    for (E constant : type.getEnumConstants()) {
      words.add(constant.name().toLowerCase(Locale.ROOT));
      if (words.getLast().equals(text)) {
        return constant;
      }
    }
    error(key, "must be one of " + String.join(", ", words), text);
    return fallback;
  }

  /** {@return one of some words, which must be there; empty if it is not} */
  String choice(String key, List<String> words) {
    String text = required(key);
    if (text.isEmpty() || words.contains(text)) {
      return text;
    }
    error(key, "must be one of " + String.join(", ", words), text);
    return "";
  }

  private @Nullable String resolved(String at, YamlTree.Scalar scalar) {
    String written = scalar.text();
    if (!Redactor.SHAPES.text(written).equals(written)) {
      findings.add(
          scalar.line(), at, "must not hold a key, but ${NAME} of an environment variable");
      return null;
    }
    Matcher variable = VARIABLE.matcher(written);
    var text = new StringBuilder();
    int end = 0;
    while (variable.find()) {
      String name = variable.group(1);
      String content = environment.get(name);
      if (!NAME.matcher(name).matches()) {
        findings.add(scalar.line(), at, "must name an environment variable as ${NAME}", written);
        return null;
      }
      if (content == null || content.isEmpty()) {
        findings.add(
            scalar.line(), at, "must name an environment variable that is set", "${" + name + "}");
        return null;
      }
      text.append(written, end, variable.start()).append(content);
      end = variable.end();
    }
    return text.append(written, end, written.length()).toString();
  }

  /** {@return whether a key is written as exactly one variable of the environment} */
  boolean isVariable(String key) {
    var entry = members.get(key);
    return entry != null
        && entry.content() instanceof YamlTree.Scalar scalar
        && VARIABLE.matcher(scalar.text()).matches();
  }

  boolean truth(String key, boolean fallback) {
    var scalar = scalar(key, YamlTree.Type.TRUTH);
    if (scalar == null) {
      return fallback;
    }
    if (scalar.type() != YamlTree.Type.TRUTH) {
      mistyped(key, YamlTree.Type.TRUTH, scalar);
      return fallback;
    }
    return scalar.text().equalsIgnoreCase("true");
  }

  /** {@return whether a switch is {@code on}, or {@code true}} */
  boolean onOff(String key, boolean fallback) {
    var scalar = scalar(key, YamlTree.Type.TEXT);
    String text = scalar == null ? "" : scalar.text();
    return switch (text) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> {
        if (scalar != null) {
          error(key, "must be on or off", text);
        }
        yield fallback;
      }
    };
  }

  long number(String key, long fallback, long least, long most) {
    var scalar = scalar(key, YamlTree.Type.INTEGER);
    if (scalar == null) {
      return fallback;
    }
    if (!scalar.text().matches("[-+]?\\d{1,18}")) {
      mistyped(key, YamlTree.Type.INTEGER, scalar);
      return fallback;
    }
    return inRange(key, scalar.text(), Long.parseLong(scalar.text()), fallback, least, most);
  }

  private long inRange(
      String key, String written, long number, long fallback, long least, long most) {
    if (number < least || number > most) {
      error(key, "must be " + least + " to " + most, written);
      return fallback;
    }
    return number;
  }

  /** {@return bytes: a whole number, or one with KiB, MiB or GiB} */
  long size(String key, long fallback, long least, long most) {
    var scalar = scalar(key, YamlTree.Type.TEXT);
    if (scalar == null) {
      return fallback;
    }
    var size = SIZE.matcher(scalar.text());
    if (!size.matches()) {
      error(key, "must be bytes, as 32768 or 32KiB", scalar.text());
      return fallback;
    }
    int shift =
        switch (String.valueOf(size.group(2))) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    long number = Long.parseLong(size.group(1));
    long bytes = number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift;
    return inRange(key, scalar.text(), bytes, fallback, least, most);
  }

  /** {@return a time with its unit; null if it is missing or wrong} */
  @Nullable Duration time(String key, Duration least, Duration most) {
    var scalar = scalar(key, YamlTree.Type.TEXT);
    if (scalar == null) {
      return null;
    }
    Duration found = duration(scalar.text());
    if (found == null) {
      error(key, "must be a time with ms, s, m or h, as 10s", scalar.text());
      return null;
    }
    if (found.compareTo(least) < 0 || found.compareTo(most) > 0) {
      error(key, "must be " + words(least) + " to " + words(most), scalar.text());
      return null;
    }
    return found;
  }

  /** {@return a time with its unit; null if the text is none} */
  static @Nullable Duration duration(String text) {
    var time = DURATION.matcher(text);
    if (!time.matches()) {
      return null;
    }
    long number = Long.parseLong(time.group(1));
    return switch (time.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }

  Duration time(String key, Duration fallback, Duration least, Duration most) {
    Duration found = time(key, least, most);
    return found == null ? fallback : found;
  }

  private static String words(Duration time) {
    return time.toMillis() % 1000 != 0
        ? time.toMillis() + "ms"
        : time.toSeconds() % 3600 == 0 && !time.isZero()
            ? time.toHours() + "h"
            : time.toSeconds() + "s";
  }

  // ---------------------------------------------------------------- sections and lists

  /** Reads a section, which may be missing, and reports its unknown keys. */
  <T extends @Nullable Object> T section(String key, Function<Binding, T> reader) {
    var entry = entry(key);
    Map<String, YamlTree.Entry> inside = Map.of();
    if (entry != null) {
      if (entry.content() instanceof YamlTree.Section section) {
        inside = section.members();
      } else {
        error(key, "must be a section with keys of its own");
      }
    }
    var binding = new Binding(findings, environment, below(key), line(key), inside);
    T made = reader.apply(binding);
    binding.end();
    return made;
  }

  /** Reads a list of sections; those that the reader makes null of are missing in the result. */
  <T> List<T> sections(String key, Function<Binding, @Nullable T> reader) {
    var made = new ArrayList<T>();
    int index = 0;
    for (YamlTree item : items(key)) {
      String at = below(key) + "[" + index++ + "]";
      if (item instanceof YamlTree.Section section) {
        var binding = new Binding(findings, environment, at, item.line(), section.members());
        T one = reader.apply(binding);
        binding.end();
        if (one != null) {
          made.add(one);
        }
      } else {
        findings.add(item.line(), at, "must be a section with keys of its own");
      }
    }
    return made;
  }

  /** Reads a list in which a text stands for a section with one key. */
  <T> List<T> sectionsOrTexts(String key, String shortcut, Function<Binding, @Nullable T> reader) {
    var made = new ArrayList<T>();
    int index = 0;
    for (YamlTree item : items(key)) {
      String at = below(key) + "[" + index++ + "]";
      Map<String, YamlTree.Entry> inside =
          item instanceof YamlTree.Section section
              ? section.members()
              : Map.of(shortcut, new YamlTree.Entry(item.line(), item));
      var binding = new Binding(findings, environment, at, item.line(), inside);
      T one = reader.apply(binding);
      binding.end();
      if (one != null) {
        made.add(one);
      }
    }
    return made;
  }

  /** Reads a list of texts. */
  <T> List<T> texts(String key, Function<String, T> reader) {
    var made = new ArrayList<T>();
    int index = 0;
    for (YamlTree item : items(key)) {
      String at = below(key) + "[" + index++ + "]";
      if (!(item instanceof YamlTree.Scalar scalar) || scalar.type() == YamlTree.Type.NOTHING) {
        findings.add(item.line(), at, "must be text");
        continue;
      }
      String text = resolved(at, scalar);
      if (text == null) {
        continue;
      }
      try {
        made.add(reader.apply(text));
      } catch (IllegalArgumentException e) {
        String sentence = String.valueOf(e.getMessage());
        int colon = sentence.indexOf(": ");
        findings.add(item.line(), at, sentence.substring(colon < 0 ? 0 : colon + 2));
      }
    }
    return made;
  }

  private List<YamlTree> items(String key) {
    var entry = entry(key);
    if (entry == null) {
      return List.of();
    }
    if (entry.content() instanceof YamlTree.Items items) {
      return items.items();
    }
    error(key, "must be a list");
    return List.of();
  }

  /** Reports the keys that were not asked for. */
  void end() {
    members.forEach((key, entry) -> {
      if (!asked.contains(key)) {
        String near = Nearest.of(key, asked);
        String rule =
            near == null
                ? "must be a known key, as " + String.join(", ", asked.stream().sorted().toList())
                : "must be a known key; did you mean " + near + "?";
        findings.add(entry.line(), below(key), rule);
      }
    });
  }
}
