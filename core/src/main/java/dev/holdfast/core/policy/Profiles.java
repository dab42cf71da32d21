package dev.holdfast.core.policy;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringTokenizer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A table of profiles, as text. One row per line: name, protocol, host, model, settings, apart by
 * spaces; what follows {@code #} is a remark. The first row that matches counts. In patterns {@code
 * *} matches anything, and one that begins with {@code ~} is a regular expression. {@code -} as the
 * host matches none, for rows that are chosen by name. Names are compared in lower case, models
 * without routing prefixes such as {@code anthropic/}. Format and meaning: docs/recovery.md.
 */
public final class Profiles {
  private static final Profile NONE =
      new Profile(
          "none", new Capability(List.of(), Prefill.PLAIN), CompletionPolicy.STRICT, null, "");

  /** Answers that are kept. Names of models are the callers', so their number is bounded. */
  private static final int MAX_KEPT = 256;

  /** Longest name of a model whose answer is kept. */
  private static final int MAX_NAME = 256;

  /** The built-in table. */
  public static final Profiles DEFAULT = new Profiles(rows(ProfileTable.TEXT, false));

  private record Row(String protocol, NamePattern host, NamePattern model, Profile profile) {}

  private record Question(String protocol, String host, String model) {}

  private final List<Row> rows;
  private final Map<Question, Profile> kept = new ConcurrentHashMap<>();

  private Profiles(List<Row> rows) {
    this.rows = List.copyOf(rows);
  }

  /**
   * {@return the table in a text}
   *
   * @throws IllegalArgumentException naming the line and the rule
   */
  public static Profiles parse(String table) {
    Objects.requireNonNull(table, "table");
    return new Profiles(rows(table, true));
  }

  /**
   * {@return the rows of a table}
   *
   * @param checks whether patterns are compiled at once, as the table is the operator's
   */
  private static List<Row> rows(String table, boolean checks) {
    var rows = new ArrayList<Row>();
    int number = 0;
    int from = 0;
    while (from < table.length()) {
      number++;
      int end = table.indexOf('\n', from);
      int until = end < 0 ? table.length() : end;
      String line = table.substring(from, until);
      from = until + 1;
      int remark = line.indexOf('#');
      var columns = columns(remark < 0 ? line : line.substring(0, remark));
      if (!columns.isEmpty()) {
        rows.add(row(columns, "line " + number, checks));
      }
    }
    return rows;
  }

  private static List<String> columns(String line) {
    var columns = new ArrayList<String>();
    var words =
        new StringTokenizer(line); // No regular expression: this runs when a program starts.
    while (words.hasMoreTokens()) {
      columns.add(words.nextToken());
    }
    return columns;
  }

  /** {@return the rows of another table, followed by this table's} */
  public Profiles after(Profiles first) {
    Objects.requireNonNull(first, "first");
    var all = new ArrayList<>(first.rows);
    all.addAll(rows);
    return new Profiles(all);
  }

  /**
   * {@return what is known of a model at a host}
   *
   * @param dialectId the protocol's id; an unknown one has no rung
   * @param host the host name without port; may be empty
   * @param model the model's name as in the request; may be empty
   */
  public Profile find(String dialectId, String host, String model) {
    Objects.requireNonNull(dialectId, "dialectId");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(model, "model");
    if (model.length() > MAX_NAME) {
      return search(dialectId, host, model);
    }
    var question = new Question(dialectId, host, model);
    var known = kept.get(question);
    if (known == null) {
      known = search(dialectId, host, model);
      if (kept.size() >= MAX_KEPT) {
        kept.clear();
      }
      kept.put(question, known);
    }
    return known;
  }

  private Profile search(String dialectId, String host, String model) {
    String at = host.toLowerCase(Locale.ROOT);
    String bare = bare(model);
    for (var row : rows) {
      if (row.protocol.equals(dialectId) && row.host.matches(at) && row.model.matches(bare)) {
        return row.profile;
      }
    }
    return NONE;
  }

  /**
   * {@return the first row of that name}
   *
   * @throws IllegalArgumentException if there is none
   */
  public Profile named(String name) {
    Objects.requireNonNull(name, "name");
    for (var row : rows) {
      if (row.profile.name().equals(name)) {
        return row.profile;
      }
    }
    var names = rows.stream().map(row -> row.profile.name()).distinct().toList();
    throw new IllegalArgumentException(
        "profile: must be one of " + String.join(", ", names) + ", was '" + name + "'");
  }

  /**
   * {@return the first row of that name and protocol}
   *
   * @throws IllegalArgumentException if there is none, with the names that the protocol has
   */
  public Profile named(String name, String dialectId) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dialectId, "dialectId");
    var found = recognised(name, dialectId);
    if (found != null) {
      return found;
    }
    var names =
        rows.stream()
            .filter(row -> row.protocol.equals(dialectId))
            .map(row -> row.profile.name())
            .distinct()
            .toList();
    throw new IllegalArgumentException(
        "profile: must be one of %s in %s, was '%s'"
            .formatted(String.join(", ", names), dialectId, name));
  }

  /** {@return the first row of that name and protocol, or null} */
  public @Nullable Profile recognised(String name, String dialectId) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dialectId, "dialectId");
    for (var row : rows) {
      if (row.profile.name().equals(name) && row.protocol.equals(dialectId)) {
        return row.profile;
      }
    }
    return null;
  }

  /**
   * {@return whether a profile is what is assumed of a server that nothing is known of, so that one
   * that names itself is believed}
   */
  public static boolean isAssumed(Profile profile) {
    Objects.requireNonNull(profile, "profile");
    return switch (profile.name()) {
      case "chat", "messages", "responses" -> true;
      default -> false;
    };
  }

  private static String bare(String model) {
    String full = model.toLowerCase(Locale.ROOT);
    String name = full.substring(full.lastIndexOf('/') + 1);
    int claude = name.indexOf("claude-");
    return claude > 0 ? name.substring(claude) : name; // us.anthropic.claude-...
  }

  private static Row row(List<String> columns, String line, boolean checks) {
    Check.that(
        columns.size() >= 4,
        line,
        "must have name, protocol, host and model",
        columns.size() + " columns");
    List<Rung> rungs = List.of();
    Prefill prefill = Prefill.PLAIN;
    String prefillPath = "";
    CompletionPolicy completion = CompletionPolicy.STRICT;
    Duration idle = null;
    String keyHeader = "";
    TokenCount count = TokenCount.ESTIMATED;
    for (String column : columns.subList(4, columns.size())) {
      int sign = column.indexOf('=');
      String name = sign < 0 ? column : column.substring(0, sign);
      String value = sign < 0 ? "" : column.substring(sign + 1);
      switch (name) {
        case "rungs" -> rungs = rungs(line, value);
        case "prefill" -> prefill = named(line, value, Prefill.class);
        case "prefill-path" -> prefillPath = value;
        case "completion" -> completion = named(line, value, CompletionPolicy.class);
        case "idle" -> idle = seconds(line, value);
        case "key" -> keyHeader = value;
        case "count" -> count = named(line, value, TokenCount.class);
        default ->
            throw new IllegalArgumentException(
                line
                    + ": must be rungs, prefill, prefill-path, completion, idle, key or count, was "
                    + name);
      }
    }
    return new Row(
        columns.get(1),
        pattern(line, columns.get(2), checks),
        pattern(line, columns.get(3), checks),
        new Profile(
            columns.getFirst(),
            new Capability(rungs, prefill, prefillPath, count),
            completion,
            idle,
            keyHeader));
  }

  private static List<Rung> rungs(String line, String value) {
    var rungs = new ArrayList<Rung>();
    for (String each : value.split(",", -1)) {
      rungs.add(named(line, each, Rung.class));
    }
    return rungs;
  }

  private static <E extends Enum<E>> E named(String line, String value, Class<E> type) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(value)) {
        return constant;
      }
    }
    var names =
        Arrays.stream(type.getEnumConstants())
            .map(each -> each.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .toList();
    throw new IllegalArgumentException(
        line + ": must be one of " + String.join(", ", names) + ", was " + value);
  }

  private static @Nullable Duration seconds(String line, String value) {
    Check.that(value.matches("\\d{1,6}s"), line, "idle must be seconds, as in 75s", value);
    return Duration.ofSeconds(Long.parseLong(value.substring(0, value.length() - 1)));
  }

  private static NamePattern pattern(String line, String value, boolean checks) {
    var pattern = new NamePattern(value);
    if (checks) {
      try {
        pattern.check();
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            line + ": must be a pattern, was not: " + e.getDescription(), e);
      }
    }
    return pattern;
  }
}
