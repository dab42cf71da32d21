package dev.holdfast.blackbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads as much of a Markdown file as the documentation's own rules need. */
final class Markdown {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern ELSEWHERE = Pattern.compile("[a-z][a-z0-9+.-]*:.*");

  private Markdown() {}

  /** {@return the lines outside code fences} */
  static List<String> prose(Path file) {
    var prose = new ArrayList<String>();
    boolean code = false;
    for (String line : SourceTree.lines(file)) {
      boolean fence = line.strip().startsWith("```");
      if (!code && !fence) {
        prose.add(line);
      }
      code ^= fence;
    }
    return prose;
  }

  /** {@return the texts of all headings of this level, in order, without code marks} */
  static List<String> headings(Path file, int level) {
    String mark = "#".repeat(level) + " ";
    return prose(file).stream()
        .filter(line -> line.startsWith(mark))
        .map(line -> line.substring(mark.length()).replace("`", "").strip())
        .toList();
  }

  /** {@return the rows of all tables below a heading, without their head, cell by cell} */
  static List<List<String>> rows(Path file, String heading) {
    var rows = new ArrayList<List<String>>();
    boolean below = false;
    boolean head = true;
    for (String line : prose(file)) {
      if (line.startsWith("#")) {
        below = line.equals(heading);
      } else if (!line.startsWith("|")) {
        head = true;
      } else if (line.startsWith("|---")) {
        head = false;
      } else if (below && !head) {
        var cells = line.substring(1, line.lastIndexOf('|')).split("\\|", -1);
        rows.add(Arrays.stream(cells).map(String::strip).toList());
      }
    }
    return rows;
  }

  /** {@return the relative links of a file that lead nowhere, each with the file's name} */
  static List<String> brokenLinks(Path file) {
    var broken = new ArrayList<String>();
    for (String line : prose(file)) {
      var link = LINK.matcher(line);
      while (link.find()) {
        if (!ELSEWHERE.matcher(link.group(1)).matches() && !leadsSomewhere(file, link.group(1))) {
          broken.add(file.getFileName() + ": " + link.group(1));
        }
      }
    }
    return broken;
  }

  private static boolean leadsSomewhere(Path file, String link) {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
    return Files.exists(target) && (hash < 0 || anchors(target).contains(link.substring(hash + 1)));
  }

  private static List<String> anchors(Path file) {
    var anchors = new ArrayList<String>();
    for (int level = 1; level <= 6; level++) {
      headings(file, level).stream().map(Markdown::anchor).forEach(anchors::add);
    }
    return anchors;
  }

  /** {@return the anchor that GitHub gives a heading} */
  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
  }
}
