package dev.holdfast.observe.debug;

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
import org.jspecify.annotations.Nullable;

/**
 * What causes mean, and which causes stand behind the messages that people meet. The pages are
 * those of {@code docs/causes.md}, the messages a table beside this class.
 */
public final class Explanations {
  /** More would be a haystack. */
  private static final int MAX_MATCHES = 3;

  /** A log of a night is looked at from its end, where the error stands. */
  private static final int MAX_TEXT = 64 << 10;

  private final Map<String, String> pages;
  private final List<Match> messages;

  private Explanations(Map<String, String> pages, List<Match> messages) {
    this.pages = pages;
    this.messages = messages;
  }

  /**
   * A message that is known.
   *
   * @param pattern its words; a star stands for anything
   * @param causes the ids of what it may mean, the likeliest first
   * @param saidBy who says so
   * @param meaning a sentence
   */
  public record Match(String pattern, List<String> causes, String saidBy, String meaning) {
    /** Copies the causes. */
    public Match {
      causes = List.copyOf(causes);
    }

    private boolean matches(String text) {
      int at = 0;
      for (String part : pattern.toLowerCase(Locale.ROOT).split("\\*", -1)) {
        int found = text.indexOf(part.strip(), at);
        if (found < 0) {
          return false;
        }
        at = found + part.strip().length();
      }
      return true;
    }
  }

  /** {@return the explanations that come with this version} */
  public static Explanations load() {
    return new Explanations(pages(resource("causes.md")), messages(resource("messages.txt")));
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

  /** Sections are {@code ## cause}; what comes behind a heading of level 1 is another matter. */
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

  /** {@return a line without the marks of Markdown} */
  private static String plain(String line) {
    return line.replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1").replace("**", "").replace("`", "");
  }

  private static List<Match> messages(String table) {
    var messages = new ArrayList<Match>();
    for (String line : table.lines().toList()) {
      if (!line.isBlank() && !line.startsWith("#")) {
        var cells = line.split(" \\| ", -1);
        messages.add(
            new Match(
                cells[0].strip(),
                List.of(cells[1].strip().split(", *", -1)),
                cells[2].strip(),
                cells[3].strip()));
      }
    }
    return messages;
  }

  /** {@return the names of all causes} */
  public List<String> causes() {
    return List.copyOf(pages.keySet());
  }

  /** {@return all messages that are known} */
  public List<Match> messages() {
    return List.copyOf(messages);
  }

  /** {@return what a cause means and how to cure it, or null if there is no such cause} */
  public @Nullable String page(String cause) {
    return pages.get(cause.toLowerCase(Locale.ROOT));
  }

  /**
   * {@return the known messages in a pasted text, the most telling first; at most three, and of
   * those that mean the same one}
   */
  public List<Match> match(String pasted) {
    String text =
        pasted
            .substring(Math.max(0, pasted.length() - MAX_TEXT))
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\s+", " ");
    var told = new HashSet<String>();
    return messages.stream()
        .filter(message -> message.matches(text))
        .sorted(Comparator.comparingInt((Match message) -> -message.pattern().length()))
        .filter(message -> told.add(message.meaning()))
        .limit(MAX_MATCHES)
        .toList();
  }
}
