package dev.holdfast.observe.explain;

import dev.holdfast.observe.explain.MessageTable.Entry;
import dev.holdfast.observe.explain.Wording.Span;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The meanings of causes, and the causes of known error messages. The pages are those of {@code
 * docs/causes.md}, the messages a table beside this class.
 */
public final class Explanations {
  /** More would be a haystack. */
  private static final int MAX_MATCHES = 3;

  /** The longest text that is looked at, in characters. The error is at the end of a log. */
  public static final int MAX_TEXT = 64 << 10;

  /** Mistyped letters are looked for in so much of the end. */
  private static final int MAX_MISTYPED = 4 << 10;

  /** Greatest distance, in characters, of deciding words from a match. */
  private static final int CONTEXT = 300;

  private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)\\]\\([^)]*\\)");

  private final Map<String, String> pages;
  private final Map<String, String> summaries;

  /** Read when the first message is looked up: a page needs none. */
  private @Nullable List<Entry> entries;

  private Explanations(Map<String, String> pages, Map<String, String> summaries) {
    this.pages = pages;
    this.summaries = summaries;
  }

  /** How a wording may be searched. */
  private enum Search {
    EXACT,
    PART,
    MISTYPED
  }

  private record Found(Entry entry, Wording wording, Span span) {
    /** {@return whether the other is a part of the same words} */
    boolean includes(Found other) {
      return wording.weight() > other.wording.weight()
          && span.contains(other.span)
          && !(entry.general() && wording.hasGap());
    }
  }

  /** {@return the explanations that come with this version} */
  public static Explanations load() {
    String causes = resource("causes.md");
    return new Explanations(pages(causes), summaries(causes));
  }

  private synchronized List<Entry> entries() {
    var known = entries;
    if (known == null) {
      known = MessageTable.parse(resource("messages.txt"));
      entries = known;
    }
    return known;
  }

  private static String resource(String name) {
    try (InputStream in = Explanations.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + ": must be packed with the class, was missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sections are {@code ## cause}; what follows a heading of level 1 is another matter. */
  private static Map<String, String> pages(String markdown) {
    var pages = new LinkedHashMap<String, String>();
    String cause = "";
    for (String line : markdown.lines().toList()) {
      if (line.startsWith("# ")) {
        cause = "";
      } else if (line.startsWith("## ")) {
        cause = line.substring(3).strip();
      } else if (!cause.isEmpty()) {
        pages.merge(cause, plain(line) + "\n", String::concat);
      }
    }
    pages.replaceAll((name, page) -> page.strip());
    return pages;
  }

  /** The rows of the table before the first section, whose first cell is a link to a cause. */
  private static Map<String, String> summaries(String markdown) {
    var summaries = new LinkedHashMap<String, String>();
    for (String line : markdown.lines().takeWhile(l -> !l.startsWith("## ")).toList()) {
      if (line.startsWith("| [")) {
        String[] cells = plain(line).split("\\|", -1);
        summaries.put(cells[1].strip(), cells[2].strip());
      }
    }
    return summaries;
  }

  /** {@return a line without the marks of Markdown} */
  private static String plain(String line) {
    return line.indexOf('[') < 0 && line.indexOf('*') < 0 && line.indexOf('`') < 0
        ? line
        : LINK.matcher(line).replaceAll("$1").replace("**", "").replace("`", "");
  }

  /** {@return the names of all causes} */
  public List<String> causes() {
    return List.copyOf(pages.keySet());
  }

  /** {@return what a cause is in one line, or an empty text if there is no such cause} */
  public String summary(String cause) {
    return summaries.getOrDefault(cause, "");
  }

  /** {@return all messages that are known} */
  public List<KnownMessage> messages() {
    return entries().stream().map(Entry::message).toList();
  }

  /** {@return the names of the programs and libraries whose messages are known} */
  public List<String> software() {
    return entries().stream().map(entry -> entry.message().software()).distinct().toList();
  }

  /**
   * {@return the name of a cause that is written with other separators or in capitals, or null if
   * there is no such cause}
   */
  public @Nullable String cause(String written) {
    String name = written.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", "-");
    return pages.containsKey(name) ? name : null;
  }

  /** {@return what a cause means and how to cure it, or null if there is no such cause} */
  public @Nullable String page(String cause) {
    String name = cause(cause);
    return name == null ? null : pages.get(name);
  }

  /**
   * {@return the known messages in a pasted text, the most specific first; at most three, and none
   * that is a part of another}
   */
  public List<KnownMessage> match(String pasted) {
    var text = PastedText.of(tail(pasted, MAX_TEXT));
    var found = search(text, Search.EXACT);
    if (found.stream().allMatch(one -> one.entry().general())) {
      found.addAll(search(text, Search.PART));
    }
    if (found.stream().allMatch(one -> one.entry().general())) {
      found.addAll(search(PastedText.of(tail(pasted, MAX_MISTYPED)), Search.MISTYPED));
    }
    var meanings = new HashSet<String>();
    return found.stream()
        .filter(one -> found.stream().noneMatch(other -> other.includes(one)))
        .sorted(
            Comparator.comparing((Found one) -> one.entry().general())
                .thenComparingInt(one -> -one.wording().weight()))
        .filter(one -> meanings.add(one.entry().message().meaning()))
        .limit(MAX_MATCHES)
        .map(one -> one.entry().message())
        .toList();
  }

  private static String tail(String text, int length) {
    return text.substring(Math.max(0, text.length() - length));
  }

  private List<Found> search(PastedText text, Search search) {
    var found = new ArrayList<Found>();
    for (Entry entry : entries()) {
      Found best = null;
      for (Wording wording : entry.wordings()) {
        Span span = span(entry, wording, text, search);
        if (span != null && (best == null || best.wording().weight() < wording.weight())) {
          best = new Found(entry, wording, span);
        }
      }
      if (best != null) {
        found.add(best);
      }
    }
    return found;
  }

  private static @Nullable Span span(Entry entry, Wording wording, PastedText text, Search search) {
    if (search != Search.EXACT && entry.general()) {
      return null;
    }
    Span span =
        switch (search) {
          case EXACT -> wording.find(text, 0);
          case PART -> wording.findPart(text);
          case MISTYPED -> wording.findMistyped(text, 0);
        };
    while (span != null && !fits(entry, text, span)) {
      span =
          switch (search) {
            case EXACT -> wording.find(text, span.from() + 1);
            case PART -> null;
            case MISTYPED -> wording.findMistyped(text, span.from() + 1);
          };
    }
    return span;
  }

  /** {@return whether the text around a match does not contradict it} */
  private static boolean fits(Entry entry, PastedText text, Span span) {
    if (text.isClassName(span.from())) {
      String qualifier = text.qualifier(span.from());
      if (!qualifier.isEmpty() && entry.homes().stream().noneMatch(qualifier::contains)) {
        return false;
      }
    }
    if (entry.needs().isEmpty() && entry.excludes().isEmpty()) {
      return true;
    }
    String around = text.around(span.from(), span.to(), CONTEXT);
    return (entry.needs().isEmpty() || entry.needs().stream().anyMatch(around::contains))
        && entry.excludes().stream().noneMatch(around::contains);
  }
}
