package dev.holdfast.observe.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the table of messages. Its head describes the format. */
final class MessageTable {
  private static final Pattern COMMA = Pattern.compile(" *, *");

  private final Map<String, String> shared = new HashMap<>();
  private final List<Entry> entries = new ArrayList<>();

  private String software = "";
  private List<String> homes = List.of();

  private final List<Wording> wordings = new ArrayList<>();
  private boolean general;
  private List<String> causes = List.of();
  private String place = "";
  private List<String> needs = List.of();
  private List<String> excludes = List.of();
  private String meaning = "";
  private String cure = "";

  private MessageTable() {}

  /**
   * A row.
   *
   * @param message what is shown of it
   * @param wordings its wordings
   * @param general whether it only wraps a more exact message
   * @param homes words in packages that are this software's own
   * @param needs of these words, one must be close by; empty for no condition
   * @param excludes none of these words may be close by
   */
  record Entry(
      KnownMessage message,
      List<Wording> wordings,
      boolean general,
      List<String> homes,
      List<String> needs,
      List<String> excludes) {}

  /** {@return the rows of a table} */
  static List<Entry> parse(String table) {
    var reader = new MessageTable();
    table.lines().forEach(reader::line);
    reader.close();
    return List.copyOf(reader.entries);
  }

  private void line(String line) {
    if (line.startsWith("# ") || line.equals("#")) {
      return;
    }
    if (line.isBlank()) {
      close();
      return;
    }
    String rest = line.substring(1).strip();
    switch (line.charAt(0)) {
      case '=' -> section(rest);
      case '$' -> {
        int space = rest.indexOf(' ');
        shared.put("$" + rest.substring(0, space), rest.substring(space).strip());
      }
      case ':' -> causes(rest);
      case '@' -> place = rest;
      case '?' -> needs = words(rest);
      case '!' -> excludes = words(rest);
      case '<' -> meaning = sentence(rest);
      case '>' -> cure = sentence(rest);
      default -> wordings.add(Wording.of(line.strip()));
    }
  }

  private void section(String head) {
    int bar = head.indexOf('|');
    software = (bar < 0 ? head : head.substring(0, bar)).strip();
    homes = bar < 0 ? List.of() : words(head.substring(bar + 1));
  }

  private void causes(String list) {
    general = list.endsWith("general");
    causes = words(general ? list.substring(0, list.length() - "general".length()) : list);
  }

  private static List<String> words(String list) {
    return List.of(COMMA.split(list.strip().toLowerCase(Locale.ROOT), -1));
  }

  private String sentence(String text) {
    String known = shared.get(text);
    if (known == null && text.startsWith("$")) {
      throw new IllegalStateException("sentence: must be defined above its use, was " + text);
    }
    return known == null ? text : known;
  }

  private void close() {
    if (!wordings.isEmpty()) {
      var message =
          new KnownMessage(
              wordings.stream().map(Wording::text).toList(),
              causes,
              software,
              place,
              meaning,
              cure);
      entries.add(new Entry(message, List.copyOf(wordings), general, homes, needs, excludes));
    }
    wordings.clear();
    general = false;
    causes = List.of();
    place = "";
    needs = List.of();
    excludes = List.of();
    meaning = "";
    cure = "";
  }
}
